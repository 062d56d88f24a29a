using Runner.Messages;

namespace Runner.Client.Tests;

public sealed class EditDistanceTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("berlin", "berln", 1)]
    [InlineData("berlin", "belrin", 1)]
    [InlineData("ca", "abc", 3)]
    [InlineData("Abc", "abc", 1)]
    public void It_counts_insertions_deletions_replacements_and_swaps(string a, string b, int expected)
    {
        Assert.Equal(expected, EditDistance.Between(a, b));
        Assert.Equal(expected, EditDistance.Between(b, a));
    }

    /// <summary>All pairs of the words of up to four letters out of three: a swap can come back below a row that is beyond the bound.</summary>
    [Fact]
    public void A_bound_changes_nothing_within_it()
    {
        string[] words = [.. Enumerable.Range(0, 5).SelectMany(Words)];
        foreach (var (a, b) in words.SelectMany(a => words.Select(b => (a, b))))
        {
            var exact = EditDistance.Between(a, b);
            for (var most = 0; most <= 4; most++)
            {
                var bounded = EditDistance.Between(a, b, most);
                Assert.True(exact <= most ? bounded == exact : bounded > most, $"{a}, {b}, {most}: {bounded} for {exact}");
            }
        }
    }

    [Fact]
    public void Long_words_have_a_distance_too() => Assert.Equal(1, EditDistance.Between(new string('x', 1_000), new string('x', 1_001)));

    private static IEnumerable<string> Words(int length) => length == 0
        ? [""]
        : Words(length - 1).SelectMany(w => new[] { w + 'a', w + 'b', w + 'c' });
}
