using Runner.Actors.Parameters.Schema.Patterns;

namespace Runner.Actors.Tests.Parameters;

public sealed class EcmaPatternTests
{
    [Theory]
    [InlineData("b", "abc", true)]
    [InlineData("^abc$", "abc\n", false)]
    [InlineData("^a$", "x\na", false)]
    [InlineData(@"^\d$", "\u07c0", false)]
    [InlineData(@"^\D$", "\u07c0", true)]
    [InlineData(@"^\w$", "é", false)]
    [InlineData(@"^\W$", "é", true)]
    [InlineData(@"^\s$", "\ufeff", true)]
    [InlineData(@"^\s$", "\u0085", false)]
    [InlineData(@"^\S$", "\u2028", false)]
    [InlineData("^.$", "\r", false)]
    [InlineData("^.$", "\u0085", true)]
    [InlineData("^.$", "😀", true)]
    [InlineData("^..$", "😀", false)]
    [InlineData("^😀{2}$", "😀😀", true)]
    [InlineData("^[😀-😅]$", "😂", true)]
    [InlineData("^[😀-😅]$", "🐲", false)]
    [InlineData("^[^a]$", "🐲", true)]
    [InlineData("^[^🐲]$", "🐲", false)]
    [InlineData(@"^\u{1F432}$", "🐲", true)]
    [InlineData(@"^\ud83d\udc32$", "🐲", true)]
    [InlineData(@"^[\u{10000}-\u{10FFFF}]+$", "🐲😀\U00010400", true)]
    [InlineData(@"^\p{L}+$", "aé日\U00010400", true)]
    [InlineData(@"^\p{Letter}$", "1", false)]
    [InlineData(@"^\P{Lu}$", "A", false)]
    [InlineData(@"^\p{General_Category=Decimal_Number}$", "৪", true)]
    [InlineData(@"^[\d\-_.]+$", "1-2_3.", true)]
    [InlineData(@"^[\w-]+$", "a-b", true)]
    [InlineData(@"^[a-]$", "-", true)]
    [InlineData("^[]$", "a", false)]
    [InlineData("^[^]$", "\n", true)]
    [InlineData(@"^\cC\x41\t\0$", "\u0003A\t\0", true)]
    [InlineData(@"^[\b]$", "\b", true)]
    [InlineData(@"\bcat\b", "a cat", true)]
    [InlineData(@"\bcat\b", "écat", true)]
    [InlineData(@"^a\Bb$", "ab", true)]
    [InlineData(@"^(?=.*\d)(?!.*x).{2,4}$", "a1", true)]
    [InlineData(@"^(?=.*\d)(?!.*x).{2,4}$", "ax1", false)]
    [InlineData(@"(?<=\$)\d+", "$5", true)]
    [InlineData(@"(?<!\$)\b5", "$5", false)]
    [InlineData(@"^(a)|b\1$", "b", true)]
    [InlineData(@"^(?<q>['""]).*\k<q>$", "'x'", true)]
    [InlineData(@"^(?<q>['""]).*\k<q>$", "'x\"", false)]
    [InlineData("^{.*}$", "{x}", true)]
    [InlineData("^a{,2}$", "a{,2}", true)]
    [InlineData("^a{2,}?$", "aaa", true)]
    [InlineData("^(a{1,500}){1,500}$", "aaaa", true)]
    [InlineData("", "", true)]
    [InlineData("a|", "b", true)]
    [InlineData("^(?:)$", "", true)]
    [InlineData(@"^\/\-\@\ $", "/-@ ", true)]
    [InlineData("#x y", "#x y", true)]
    public void It_means_what_ECMA_262_says(string pattern, string text, bool found) => Assert.Equal(found, EcmaPattern.Of(pattern).IsIn(text));

    [Theory]
    [InlineData("(")]
    [InlineData(")")]
    [InlineData("[a")]
    [InlineData("*a")]
    [InlineData("a**")]
    [InlineData("^*")]
    [InlineData("a{3,2}")]
    [InlineData("a{2}{3}")]
    [InlineData("^{2}")]
    [InlineData("a|{2,}")]
    [InlineData("(?<=a)*b")]
    [InlineData("(?<!a){2}b")]
    [InlineData("a{99999999999}")]
    [InlineData("[b-a]")]
    [InlineData(@"[\d-z]")]
    [InlineData(@"\")]
    [InlineData(@"[\")]
    [InlineData(@"\a")]
    [InlineData(@"\Z")]
    [InlineData(@"\x4")]
    [InlineData(@"\u{110000}")]
    [InlineData(@"\1")]
    [InlineData(@"\01")]
    [InlineData(@"\k<n>")]
    [InlineData(@"\p{Script=Greek}")]
    [InlineData(@"\p")]
    [InlineData("(?i)a")]
    [InlineData("(?<1>a)")]
    [InlineData("(?<n>a)(?<n>b)")]
    public void What_it_does_not_know_it_refuses(string pattern) => Assert.Throws<PatternFormatException>(() => EcmaPattern.Of(pattern));

    [Fact]
    public void Half_a_pair_is_no_character() => Assert.Throws<PatternFormatException>(() => EcmaPattern.Of("\ud800"));

    [Fact]
    public void A_pattern_has_a_largest_size() => Assert.Throws<PatternFormatException>(() => EcmaPattern.Of(new string('a', 10_001)));

    [Fact]
    public void Groups_within_groups_have_a_bound() =>
        Assert.Throws<PatternFormatException>(() => EcmaPattern.Of(new string('(', 5_000) + new string(')', 5_000)));

    [Fact]
    public void What_would_backtrack_for_ever_is_linear_where_that_is_possible()
    {
        Assert.False(EcmaPattern.Of("^(a+)+$").IsIn(new string('a', 100_000) + "!"));
        Assert.False(EcmaPattern.Of("^(([a-z])+.)+[A-Z]([a-z])+$").IsIn(new string('a', 10_000)));
    }
}
