using System.Text.Json;
using System.Text.Json.Serialization;
using Runner.Actors.Scheduling;

namespace Runner.Actors.Tests.Scheduling;

/// <summary>
/// Every occurrence that other implementations answer (Vectors/make-cron-vectors.py), and every difference from them belongs to a
/// class that docs/schedules.md names with its reason: by what the class is about, checked for each occurrence, and not by its case.
/// </summary>
public sealed partial class CronVectorTests
{
    // Others may leave out years of ours; this many show why.
    private const int Most = 100;

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Scheduling", "Vectors");
    private static readonly Vector[] Vectors =
        [.. File.ReadLines(Path.Combine(Folder, "cron-vectors.jsonl")).Select(l => JsonSerializer.Deserialize(l, VectorJson.Default.Vector)!)];

    [Fact]
    public void Every_answer_of_others_is_ours_or_differs_in_a_named_way()
    {
        Assert.True(Vectors.Length >= 5000);
        var named = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var unnamed = new List<string>();
        foreach (var vector in Vectors)
        {
            var classes = Differences(vector)
                .Select(d => CronDifference.Name(vector.By, d) ?? $"unnamed at {d.At:O} ({(d.Ours ? "ours" : "theirs")})").Distinct().ToList();
            classes.ForEach(c => named[c] = named.GetValueOrDefault(c) + 1);
            unnamed.AddRange(classes.Where(c => c.StartsWith("unnamed", StringComparison.Ordinal)).Take(1)
                .Select(c => $"{vector.By} '{vector.Expression}' {vector.Zone} {vector.DayOr} from {vector.From:O}: {c}"));
        }

        Assert.True(unnamed.Count == 0, $"{unnamed.Count} are neither:\n{string.Join('\n', unnamed.Take(20))}");
        var found = string.Join('\n', named.Select(n => $"{n.Key}: {n.Value}"));
        var documented = string.Join(
            '\n', ScheduleDocument.Table("| difference |").OrderBy(row => row[0], StringComparer.Ordinal).Select(row => $"{row[0]}: {row[2]}"));
        Assert.True(found == documented, $"Found are\n{found}\nand docs/schedules.md names\n{documented}");
    }

    /// <summary>The instants that only one of the two has, up to the last that the other answered.</summary>
    private static IEnumerable<Difference> Differences(Vector vector)
    {
        var zone = Zones.Zone(vector.Zone ?? "UTC");
        var text = CronText.Read(vector.Expression, vector.DayOr);
        var theirs = vector.Occurrences().ToList();
        if (!CronSchedule.TryParse(vector.Expression, zone, out var schedule, out _, vector.DayOr))
        {
            return theirs.Select(t => new Difference(text, zone, t, Ours: false, vector.From, TheyNever: false));
        }

        var ours = new List<DateTimeOffset>();
        for (var next = schedule.Next(vector.From); theirs.Count == 0 ? ours.Count == 0 : ours.Count < Most && next <= theirs[^1];
            next = schedule.Next(next!.Value))
        {
            ours.Add(next!.Value);
        }

        var end = ours.Count == Most ? ours[^1] : DateTimeOffset.MaxValue;
        return ours.Except(theirs).Select(t => new Difference(text, zone, t, Ours: true, vector.From, theirs.Count == 0))
            .Concat(theirs.Where(t => t <= end).Except(ours).Select(t => new Difference(text, zone, t, Ours: false, vector.From, TheyNever: false)));
    }

    private sealed record Vector(
        [property: JsonPropertyName("k")] string By,
        [property: JsonPropertyName("e")] string Expression,
        [property: JsonPropertyName("z")] string? Zone,
        [property: JsonPropertyName("f")] long FromSeconds,
        [property: JsonPropertyName("d")] long[] Distances,
        [property: JsonPropertyName("o")] int DayOrNumber = 1)
    {
        public bool DayOr => DayOrNumber == 1;

        public DateTimeOffset From => DateTimeOffset.FromUnixTimeSeconds(FromSeconds);

        public IEnumerable<DateTimeOffset> Occurrences()
        {
            var at = FromSeconds;
            foreach (var distance in Distances)
            {
                at += distance;
                yield return DateTimeOffset.FromUnixTimeSeconds(at);
            }
        }
    }

    [JsonSerializable(typeof(Vector))]
    private sealed partial class VectorJson : JsonSerializerContext;
}
