using System.Globalization;
using System.Text.Json;
using Runner.Actors.Scheduling;
using static Runner.Actors.Tests.Scheduling.RecurrenceOracle;

namespace Runner.Actors.Tests.Scheduling;

/// <summary>
/// What python3-dateutil 2.8.2 answers, in a file that Vectors/make-rrule-vectors.py wrote. A difference is allowed only in one of
/// the classes that docs/recurrence.md names, and only where walking through the rule's days as the RFC says gives our answer.
/// </summary>
public class RecurrenceVectorTests
{
    private static readonly (string Name, Func<Case, bool> Holds)[] Named =
    [
        ("positions in DTSTART's week", c => c.Has("WEEKLY") && c.Has("BYSETPOS")),
        ("numbered and plain weekdays", c => c.Part("BYDAY") is { } days && days.Split(',').Select(day => day.Length > 2).Distinct().Count() == 2),
        ("weeks without a day", c => c.Has("BYWEEKNO") && !c.Has("BYDAY") && !c.Has("BYMONTHDAY") && !c.Has("BYYEARDAY")),
        ("weeks across New Year", c => c.Part("BYWEEKNO") is { } weeks
            && weeks.Split(',').Any(week => Math.Abs(int.Parse(week, CultureInfo.InvariantCulture)) >= 52)),
        ("positions in a gap", c => c.Zone != "UTC" && c.Has("BYSETPOS")),
    ];

    [Fact]
    public void Every_difference_from_dateutil_is_of_a_named_class_and_the_RFC_is_on_our_side()
    {
        var cases = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Scheduling", "Vectors", "rrule.jsonl")).Select(Case.Read).ToList();
        var differing = cases.Where(c => c.Ours() != c.Expected).ToList();
        var unexplained = differing.Where(c => !Array.Exists(Named, name => name.Holds(c)) || !c.OracleAgrees()).Select(c => c.ToString()).ToList();

        Assert.True(cases.Count >= 6500);
        Assert.True(unexplained.Count == 0, $"{unexplained.Count} of {cases.Count}:\n{string.Join('\n', unexplained.Take(20))}");
        var counts = string.Join(", ", Named.Select(name => $"{name.Name}: {differing.Count(name.Holds)} of {cases.Count(name.Holds)}"));
        Assert.All(Named, name => Assert.Contains(differing, c => name.Holds(c)));
        Assert.True(differing.Count < cases.Count / 50, $"{differing.Count} differ: {counts}");
    }

    private sealed record Case(string Kind, string Text, string Zone, DateTime After, string Expected)
    {
        private const int Shown = 5;

        public static Case Read(string line)
        {
            var values = JsonDocument.Parse(line).RootElement;
            var ended = values[5].GetBoolean() ? " end" : "";
            return new Case(
                values[0].GetString()!, values[1].GetString()!, values[2].GetString()!, Time(values[3].GetString()!), values[4].GetString() + ended);
        }

        public bool Has(string word) => Text.Contains(word, StringComparison.Ordinal);

        public string? Part(string name) =>
            Text.Split('\n', ';', ':').FirstOrDefault(part => part.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

        public string Ours()
        {
            if (!RecurrenceSchedule.TryParse(Text, TimeZoneInfo.Utc, out var schedule, out var error))
            {
                // Refused for it never occurs, which dateutil finds out at the end of the calendar.
                return error.Contains("never", StringComparison.Ordinal) || error.Contains("no day of any year", StringComparison.Ordinal)
                    || error.Contains("has at most", StringComparison.Ordinal) ? " end" : error;
            }

            var found = new List<DateTime>();
            var after = new DateTimeOffset(After, TimeSpan.Zero);
            while (found.Count <= Shown && schedule.Next(after) is { } next)
            {
                found.Add(next.UtcDateTime);
                after = next;
            }

            return Show(found);
        }

        /// <summary>The oracle walks one rule; sets are its union and difference, as far as the shown times reach.</summary>
        public bool OracleAgrees()
        {
            var lines = Text.Split('\n');
            var start = Time(lines[0].Split(':')[1]);
            var zone = Zones.Zone(Zone);
            var ours = Ours();
            if (ours.Contains(';', StringComparison.Ordinal))
            {
                return false; // a refusal
            }

            var last = ours.EndsWith(" end", StringComparison.Ordinal) ? After.AddYears(Has("LY;") && Has("SECONDLY") ? 0 : 45)
                : Time(ours.Split(' ')[^1]);
            var found = new SortedSet<DateTime>();
            foreach (var line in lines.Skip(1).OrderBy(line => line.StartsWith("EX", StringComparison.Ordinal)))
            {
                var (name, value) = (line.Split(':', ';')[0], line.Split(':')[1]);
                var times = name.EndsWith("RULE", StringComparison.Ordinal)
                    ? new RecurrenceOracle(value, start, zone).Occurrences(After, last - After + TimeSpan.FromTicks(1))
                    : value.Split(',').Select(date => Time(date) - (zone == TimeZoneInfo.Utc ? default : zone.GetUtcOffset(Time(date))))
                        .Where(time => time > After);
                if (name[0] == 'R')
                {
                    found.UnionWith(times);
                }
                else
                {
                    found.ExceptWith(times);
                }
            }

            var shown = string.Join(' ', found.Take(Shown).Select(Stamp));
            return ours == shown || ours == shown + " end";
        }

        public override string ToString() =>
            $"{Kind}: {Text.Replace('\n', ' ')} after {Stamp(After)}\n   dateutil {Expected}\n   ours     {Ours()}\n   "
            + $"{string.Join(", ", Named.Where(name => name.Holds(this)).Select(name => name.Name))}";

        private static string Show(List<DateTime> found) => string.Join(' ', found.Take(Shown).Select(Stamp)) + (found.Count <= Shown ? " end" : "");

        private static string Stamp(DateTime time) => time.ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
    }
}
