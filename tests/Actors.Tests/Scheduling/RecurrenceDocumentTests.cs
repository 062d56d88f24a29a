using System.Text.RegularExpressions;
using Runner.Actors.Scheduling;

namespace Runner.Actors.Tests.Scheduling;

/// <summary>Every recurrence that docs/recurrence.md shows with its occurrences has those.</summary>
public partial class RecurrenceDocumentTests
{
    [Fact]
    public void Every_example_of_the_document_is_as_it_says()
    {
        var document = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "recurrence.md"));
        var block = Block().Match(document);
        var examples = document.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal) && Instant().IsMatch(line))
            .Select(line => line.Split('|')).Select(cells => (text: string.Join('\n', Quoted(cells[1])), occurrences: Quoted(cells[2])))
            .Append((text: block.Groups[1].Value, occurrences: Quoted(block.Groups[2].Value)))
            .ToList();

        Assert.Equal(11, examples.Count);
        Assert.All(examples, example =>
        {
            Assert.True(RecurrenceSchedule.TryParse(example.text, TimeZoneInfo.Utc, out var schedule, out var error), error);
            var after = DateTimeOffset.MinValue;
            foreach (var occurrence in example.occurrences)
            {
                after = Assert.NotNull(schedule.Next(after));
                Assert.Equal(Zones.At(occurrence), after);
            }
        });
    }

    private static string[] Quoted(string text) => [.. text.Split('`').Where((_, index) => index % 2 == 1)];

    [GeneratedRegex("```\n(DTSTART[^`]*)\n```\n\nFirst occurrences: ([^\n]*)")]
    private static partial Regex Block();

    [GeneratedRegex(@"`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`")]
    private static partial Regex Instant();
}
