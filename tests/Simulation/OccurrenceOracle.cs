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
            if (schedule?.Schedule is null || !before.IsActive(schedule) || before.Paused || !before.Exists)
            {
                world.Fail("only an active schedule is due", $"{before.Name} emitted for {cursor.Schedule}");
                continue;
            }

            var place = before.PlaceOf(schedule);
            var from = place.At;
            var found = emitted.Occurrences.Where(o => o.Schedule == cursor.Schedule).Select(o => o.Due).ToList();
            if (cursor.At < from || cursor.At > now)
            {
                world.Fail(
                    "a schedule's place moves forward and not beyond now", $"{before.Name}/{cursor.Schedule}: {from:O} to {cursor.At:O} at {now:O}");
            }

            CheckBounds(world, before, schedule, cursor, found);
            var expected = Expected(schedule.Schedule, place, cursor.At, now, before.Spec!);
            if (schedule.Spec.MaxRuns - place.Runs is { } left && left < expected.Count)
            {
                expected = expected[..(int)left];
            }

            if (!found.SequenceEqual(expected))
            {
                world.Fail(
                    "every due occurrence is emitted once, as the catch-up policy says",
                    $"{before.Name}/{cursor.Schedule} ({before.Spec?.CatchUp}) from {from:O} to {cursor.At:O}: "
                    + $"emitted {Text(found)}, expected {Text(expected)}");
            }
        }

        if (emitted.Occurrences.Any(o => emitted.Cursors.All(c => c.Schedule != o.Schedule)))
        {
            world.Fail("a schedule's place moves with its occurrences", before.Name);
        }
    }

    private static void CheckBounds(World world, DeploymentState before, CompiledSchedule schedule, ScheduleCursor after, List<DateTimeOffset> found)
    {
        var place = before.PlaceOf(schedule);
        if (after.Runs != place.Runs + found.Count || after.Runs > (schedule.Spec.MaxRuns ?? long.MaxValue))
        {
            world.Fail(
                "a schedule counts its runs and makes no more than its own",
                $"{before.Name}/{schedule.Id} made {place.Runs} and {found.Count} of {schedule.Spec.MaxRuns}, and counts {after.Runs}");
        }

        if (found.Any(at => at > schedule.Spec.End))
        {
            world.Fail("nothing occurs after a schedule's end", $"{before.Name}/{schedule.Id} ends at {schedule.Spec.End:O}: {Text(found)}");
        }

        if (after.Active != place.Active)
        {
            world.Fail("a schedule stays as somebody switched it", $"{before.Name}/{schedule.Id}");
        }
    }

    private static List<DateTimeOffset> Expected(ISchedule schedule, ScheduleCursor place, DateTimeOffset to, DateTimeOffset now, DeploymentSpec spec)
    {
        var (from, policy) = (place.At, spec.CatchUp);
        var all = Walk(schedule, from, to);
        if (policy == CatchUpPolicy.All)
        {
            if (spec.CatchUpLimit is not { } most || place.CatchUpTo > from)
            {
                return all;
            }

            // Of all that was missed by now, whether this commit comes to it or not.
            var missed = Walk(schedule, from, now).FindAll(at => now - at > CatchUp.OnTime);
            var dropped = missed.Take(Math.Max(0, missed.Count - most)).ToHashSet();
            return all.FindAll(at => !dropped.Contains(at));
        }

        var onTime = all.FindAll(at => now - at <= CatchUp.OnTime);
        return policy == CatchUpPolicy.None || onTime.Count > 0 || all.Count == 0 ? onTime : [all[^1]];
    }

    private static List<DateTimeOffset> Walk(ISchedule schedule, DateTimeOffset from, DateTimeOffset to)
    {
        var all = new List<DateTimeOffset>();
        for (var next = schedule.Next(from); next <= to && all.Count < Bound; next = schedule.Next(next.Value))
        {
            all.Add(next.Value);
        }

        return all;
    }

    private static string Text(List<DateTimeOffset> times) =>
        $"{times.Count} ({string.Join(", ", times.Take(3).Select(t => t.ToString("O")))})";
}
