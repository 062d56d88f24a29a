using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.Deployments;

/// <summary>A schedule as people read of it.</summary>
internal static class ScheduleWords
{
    private const int UpcomingShown = 5;
    private const int LongestRule = 200;

    /// <summary>A schedule of a deployment as it stands.</summary>
    public static ScheduleView View(DeploymentState state, CompiledSchedule schedule, DateTimeOffset now)
    {
        var spec = schedule.Spec;
        var place = state.PlaceOf(schedule);
        // After a step of the clock back, what is before its place has been and does not come again.
        var from = place.At > now ? place.At : now;
        return new ScheduleView(
            schedule.Id, Describe(spec), state.IsActive(schedule), Upcoming(schedule, from, state.RunsLeft(schedule)), state.ProblemOf(schedule),
            place.Runs, spec.MaxRuns, Ended(state, schedule));
    }

    /// <summary>A schedule in words.</summary>
    public static string Describe(ScheduleSpec spec)
    {
        var text = new StringBuilder()
            .Append(spec.Cron is { } cron ? $"cron {cron}" : spec.Rrule is { } rrule ? Rule(rrule)
                : $"every {DurationText.Format(spec.Interval ?? TimeSpan.Zero)}");
        if (spec.DayOr == false)
        {
            text.Append(" where both day fields match");
        }

        if (spec.Timezone is { } zone)
        {
            text.Append(" in ").Append(zone);
        }

        if (spec.End is { } end)
        {
            text.Append(" until ").Append(InstantText.Utc(end));
        }

        if (spec.Jitter is { } jitter && jitter > TimeSpan.Zero)
        {
            text.Append(", spread over ").Append(DurationText.Format(jitter));
        }

        return text.ToString();
    }

    private static string? Ended(DeploymentState state, CompiledSchedule schedule)
    {
        var spec = schedule.Spec;
        return !state.IsOver(schedule) ? null
            : state.RunsLeft(schedule) <= 0 ? MadeAll(state.PlaceOf(schedule).Runs, spec.MaxRuns!.Value)
            : spec.End is { } end ? $"Nothing occurs any more before its end, {InstantText.Utc(end)}. A later one lets it go on."
            : "It never occurs again.";
    }

    /// <summary>A bound may have come later, and be lower than what was made before it.</summary>
    private static string MadeAll(long made, long most) => made > most
        ? string.Create(CultureInfo.InvariantCulture, $"It has made {made} runs, and its max_runs is {most}. One above {made} lets it go on.")
        : string.Create(CultureInfo.InvariantCulture, $"It has made its {most} {(most == 1 ? "run" : "runs")}. A higher max_runs lets it go on.");

    private static ImmutableArray<DateTimeOffset> Upcoming(CompiledSchedule schedule, DateTimeOffset from, long? left)
    {
        var shown = (int)Math.Clamp(left ?? UpcomingShown, 0, UpcomingShown);
        var upcoming = ImmutableArray.CreateBuilder<DateTimeOffset>(shown);
        for (var next = schedule.Schedule?.Next(from); next is { } at && upcoming.Count < shown; next = schedule.Schedule!.Next(at))
        {
            upcoming.Add(at);
        }

        return upcoming.DrainToImmutable();
    }

    private static string Rule(string rrule)
    {
        var line = string.Join("; ", rrule.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= LongestRule ? line : string.Concat(line.AsSpan(0, LongestRule), "…");
    }

}
