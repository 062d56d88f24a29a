using System.Collections.Immutable;
using Runner.Actors.Scheduling;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Host.Commands.SchedulePreview;

/// <summary>A schedule and which of its occurrences to show.</summary>
/// <param name="Spec">Its kind, with what belongs to it, and its zone.</param>
/// <param name="Inclusive">Whether an occurrence at <paramref name="From"/> itself is one of them.</param>
/// <param name="Count">1 to <see cref="MostShown"/>.</param>
internal sealed record PreviewRequest(ScheduleSpec Spec, DateTimeOffset From, bool Inclusive, int Count)
{
    public const int UsuallyShown = 5;
    public const int MostShown = 10_000;

    /// <summary>Works the occurrences out. No schedule makes it throw.</summary>
    public PreviewAnswer Answer()
    {
        var (schedule, problems) = ScheduleCompiler.Compile(Spec);
        if (schedule is null)
        {
            return new PreviewAnswer(null, TimeZoneInfo.Utc, [], problems, null);
        }

        var zone = schedule is RecurrenceSchedule recurrence ? recurrence.Zone
            : TimeZones.TryFind(Spec.Timezone, out var found, out _) ? found : TimeZoneInfo.Utc;
        var occurrences = ImmutableArray.CreateBuilder<DateTimeOffset>(Math.Min(Count, 16));
        // «After» is strictly after: the instant itself is what follows the tick before it.
        var after = Inclusive && From > DateTimeOffset.MinValue ? From.AddTicks(-1) : From;
        string? gaveUp = null;
        while (occurrences.Count < Count && schedule.TryNext(after, out var next, out gaveUp) && next is { } at)
        {
            occurrences.Add(at);
            after = at;
        }

        return new PreviewAnswer(schedule, zone, occurrences.DrainToImmutable(), [], gaveUp);
    }
}

/// <summary>The occurrences that were asked for, or why there are none.</summary>
/// <param name="Schedule">Null if it has <paramref name="Problems"/>.</param>
/// <param name="Zone">Whose wall clocks the schedule goes by.</param>
/// <param name="Occurrences">In order; fewer than asked for where the schedule ends.</param>
/// <param name="Problems">What is wrong with the schedule, by the deployment file's names.</param>
/// <param name="GaveUp">Why the search for more was given up; null if it was not.</param>
internal sealed record PreviewAnswer(
    ISchedule? Schedule, TimeZoneInfo Zone, ImmutableArray<DateTimeOffset> Occurrences, ImmutableArray<Problem> Problems, string? GaveUp);
