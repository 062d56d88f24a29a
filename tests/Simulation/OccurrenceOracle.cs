using Runner.Actors.Deployments;
using Runner.Actors.Scheduling;
using Runner.Messages.Deployments;

namespace Runner.Simulation;

/// <summary>Works out for itself which occurrences a deployment has to emit, by walking through all of them.</summary>
internal static class OccurrenceOracle
{
    private const int Bound = 200_000;

    public static void Check(World world, DeploymentState before, OccurrencesEmitted emitted, DateTimeOffset now)
    {
        foreach (var cursor in emitted.Cursors)
        {
            var schedule = before.Schedules.FirstOrDefault(s => s.Id == cursor.Schedule);
            if (schedule?.Schedule is null || !schedule.Active || before.Paused || !before.Exists)
            {
                world.Fail("only an active schedule is due", $"{before.Name} emitted for {cursor.Schedule}");
                continue;
            }

            var from = before.CursorOf(schedule);
            var found = emitted.Occurrences.Where(o => o.Schedule == cursor.Schedule).Select(o => o.Due).ToList();
            if (cursor.At < from || cursor.At > now)
            {
                world.Fail("a schedule's place moves forward and not beyond now", $"{before.Name}/{cursor.Schedule}: {from:O} to {cursor.At:O} at {now:O}");
            }

            var expected = Expected(schedule.Schedule, from, cursor.At, now, before.Spec!.CatchUp);
            if (!found.SequenceEqual(expected))
            {
                world.Fail(
                    "every due occurrence is emitted once, as the catch-up policy says",
                    $"{before.Name}/{cursor.Schedule} ({before.Spec.CatchUp}) from {from:O} to {cursor.At:O}: "
                    + $"emitted {Text(found)}, expected {Text(expected)}");
            }
        }

        if (emitted.Occurrences.Any(o => emitted.Cursors.All(c => c.Schedule != o.Schedule)))
        {
            world.Fail("a schedule's place moves with its occurrences", before.Name);
        }
    }

    private static List<DateTimeOffset> Expected(ISchedule schedule, DateTimeOffset from, DateTimeOffset to, DateTimeOffset now, CatchUpPolicy policy)
    {
        var all = new List<DateTimeOffset>();
        for (var next = schedule.Next(from); next <= to && all.Count < Bound; next = schedule.Next(next.Value))
        {
            all.Add(next.Value);
        }

        if (policy == CatchUpPolicy.All)
        {
            return all;
        }

        var onTime = all.FindAll(at => now - at <= CatchUp.OnTime);
        return policy == CatchUpPolicy.None || onTime.Count > 0 || all.Count == 0 ? onTime : [all[^1]];
    }

    private static string Text(List<DateTimeOffset> times) =>
        $"{times.Count} ({string.Join(", ", times.Take(3).Select(t => t.ToString("O")))})";
}
