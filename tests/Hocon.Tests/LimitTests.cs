namespace Runner.Hocon.Tests;

/// <summary>What is hostile ends in the typed error, soon.</summary>
public sealed class LimitTests
{
    private static readonly Dictionary<string, string> Texts = new()
    {
        { "arrays nested a million deep", new string('[', 1_000_000) },
        { "objects nested deep", string.Concat(Enumerable.Repeat("a{", 100_000)) },
        { "a key of a million elements", string.Join('.', Enumerable.Repeat("a", 1_000_000)) + "=1" },
        { "text that doubles sixty times", "a0=xxxxxxxx\n" + Chain(60, "a{1}=${{a{0}}}${{a{0}}}") },
        { "arrays that double sixty times", "a0=[1]\n" + Chain(60, "a{1}=${{a{0}}}${{a{0}}}") },
        { "arrays that nest and double", "a0=[1]\n" + Chain(60, "a{1}=[${{a{0}}},${{a{0}}}]") },
        { "objects that nest and double", "a0={x=1}\n" + Chain(60, "a{1}={{x=${{a{0}}},y=${{a{0}}}}}") },
        { "objects that merge themselves", "a0={x=1}\n" + Chain(60, "a{1}=${{a{0}}}${{a{0}}}") },
        { "a chain of substitutions without end", Chain(100_000, "a{0}=${{a{1}}}") + "a100000=1" },
        { "appending without end", "b=[]\n" + string.Concat(Enumerable.Range(0, 5_000).Select(_ => "a=${?a} [1]\n")) },
        { "a value nested by substitution", "a0=1\n" + Chain(600, "a{1}=[${{a{0}}}]") },
        { "an object that unrolls itself", "a={b=${a}{b={c=${a.b}}},d=${a.b}${a}}" },
    };

    // By name: some of the texts are too long for the name of a test.
    public static TheoryData<string> Hostile => [.. Texts.Keys];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_text_is_refused(string what) => Assert.True(Hocon.Error(Texts[what]).Line > 0);

    [Fact]
    public void Input_within_the_limits_is_accepted()
    {
        var deep = new string('[', 256) + new string(']', 256);
        Assert.Equal(deep, Hocon.Json(deep));
        Hocon.Error($"[{deep}]");
        Assert.Equal(1, Hocon.Object(Chain(200, "a{0}=${{a{1}}}") + "a200=1").Get("a0").AsLong());
        Assert.Equal(100_000, Hocon.Object(string.Concat(Enumerable.Repeat("a+=1\n", 100_000))).Get("a").AsList().Count);
        Assert.Equal(50_000, Hocon.Object(string.Concat(Enumerable.Range(0, 50_000).Select(i => $"k{i}=1\n"))).Fields.Count);
    }

    private static string Chain(int count, string format) =>
        string.Concat(
            Enumerable.Range(0, count).Select(i => string.Format(System.Globalization.CultureInfo.InvariantCulture, format, i, i + 1) + "\n"));
}
