using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Runner.Actors.Scheduling;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Actors.Deployments;

/// <summary>A schedule ready to be asked.</summary>
/// <param name="Schedule">Null if it cannot say when it is due, for the reason in <paramref name="Problem"/>.</param>
internal sealed record CompiledSchedule(string Id, ScheduleSpec Spec, ISchedule? Schedule, string? Problem);

/// <summary>From declared schedules to ones that can be asked.</summary>
internal static class Schedules
{
    /// <summary>The schedules of a spec whose ids are filled in.</summary>
    public static ImmutableArray<CompiledSchedule> CompileAll(DeploymentSpec spec) =>
    [
        .. spec.Schedules.Select(s =>
        {
            var (schedule, problems) = ScheduleCompiler.Compile(s);
            return new CompiledSchedule(
                s.Id!, s, schedule is not null && s.Rrule is not null ? new RememberingSchedule(schedule) : schedule,
                schedule is null ? string.Join("; ", problems.Select(p => p.Message)) : null);
        }),
    ];

    /// <summary>Whether two declarations are due at the same times, but for when they end.</summary>
    public static bool SameTimes(ScheduleSpec a, ScheduleSpec b) => Times(a) == Times(b);

    /// <summary>
    /// The spec with an id for every schedule. One that is not given is derived from what makes the schedule due, so that an unchanged
    /// schedule keeps its id, and with it its past, wherever it stands in the file and whether it is active or not.
    /// </summary>
    public static DeploymentSpec WithIds(DeploymentSpec spec)
    {
        var taken = new HashSet<string>(spec.Schedules.Select(s => s.Id).OfType<string>(), StringComparer.Ordinal);
        var times = new Dictionary<string, int>(StringComparer.Ordinal);
        var schedules = ImmutableArray.CreateBuilder<ScheduleSpec>(spec.Schedules.Length);
        foreach (var schedule in spec.Schedules)
        {
            if (schedule.Id is not null)
            {
                schedules.Add(schedule);
                continue;
            }

            var derived = Derive(schedule);
            // From where the last one like it stopped: of thousands that are the same, each would be tried again for each.
            var n = times.GetValueOrDefault(derived);
            var id = Numbered(derived, ++n);
            while (!taken.Add(id))
            {
                id = Numbered(derived, ++n);
            }

            times[derived] = n;

            schedules.Add(schedule with { Id = id });
        }

        return spec with { Schedules = schedules.MoveToImmutable() };
    }

    private static string Numbered(string derived, int n) => n == 1 ? derived : string.Create(CultureInfo.InvariantCulture, $"{derived}-{n}");

    private static string Derive(ScheduleSpec schedule)
    {
        // Bounds and what spreads or switches the runs are not what a schedule is: they change, and it goes on.
        var what = Times(schedule) with { Parameters = schedule.Parameters };
        var content = JsonSerializer.SerializeToUtf8Bytes(what, MessagesJson.Default.ScheduleSpec);
        return Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 6));
    }

    /// <summary>Only what makes it due, written in one way.</summary>
    private static ScheduleSpec Times(ScheduleSpec schedule) => new()
    {
        Interval = schedule.Interval,
        Anchor = schedule.Anchor,
        Cron = schedule.Cron,
        DayOr = schedule.DayOr == false ? false : null,
        Rrule = schedule.Rrule is { } rrule
            ? string.Join('\n', rrule.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) : null,
        Timezone = schedule.Timezone,
    };
}
