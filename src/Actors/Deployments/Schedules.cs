using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Runner.Actors.Scheduling;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Actors.Deployments;

/// <summary>A schedule ready to be asked.</summary>
/// <param name="Schedule">Null if it cannot say when it is due, for the reason in <paramref name="Problem"/>.</param>
internal sealed record CompiledSchedule(string Id, ScheduleSpec Spec, ISchedule? Schedule, string? Problem)
{
    public bool Active => Spec.Active ?? true;
}

/// <summary>From declared schedules to ones that can be asked.</summary>
internal static class Schedules
{
    /// <summary>Compiles a schedule, or says which field is wrong and why.</summary>
    public static (ISchedule? Schedule, Problem? Problem) Compile(ScheduleSpec spec)
    {
        if (spec.Interval is null == spec.Cron is null)
        {
            return (null, new Problem("", "expected either 'interval' or 'cron'"));
        }

        if (!TimeZones.TryFind(spec.Timezone, out var zone, out var zoneProblem))
        {
            return (null, new Problem("timezone", zoneProblem!));
        }

        if (spec.Cron is not null)
        {
            return spec.Anchor is not null
                ? (null, new Problem("anchor", "only an interval has an anchor"))
                : CronSchedule.TryParse(spec.Cron, zone!, out var cron, out var cronProblem)
                    ? (cron, null)
                    : (null, new Problem("cron", cronProblem!));
        }

        try
        {
            return (new IntervalSchedule(spec.Interval!.Value, spec.Anchor ?? DateTimeOffset.UnixEpoch, zone!), null);
        }
        catch (ScheduleFormatException e)
        {
            return (null, new Problem("interval", e.Message));
        }
    }

    /// <summary>The schedules of a spec whose ids are filled in.</summary>
    public static ImmutableArray<CompiledSchedule> CompileAll(DeploymentSpec spec) =>
    [
        .. spec.Schedules.Select(s =>
        {
            var (schedule, problem) = Compile(s);
            return new CompiledSchedule(s.Id!, s, schedule, problem?.Message);
        }),
    ];

    /// <summary>
    /// The spec with an id for every schedule. One that is not given is derived from what makes the schedule due, so that an unchanged
    /// schedule keeps its id, and with it its past, wherever it stands in the file and whether it is active or not.
    /// </summary>
    public static DeploymentSpec WithIds(DeploymentSpec spec)
    {
        var taken = new HashSet<string>(spec.Schedules.Select(s => s.Id).OfType<string>(), StringComparer.Ordinal);
        var schedules = ImmutableArray.CreateBuilder<ScheduleSpec>(spec.Schedules.Length);
        foreach (var schedule in spec.Schedules)
        {
            if (schedule.Id is not null)
            {
                schedules.Add(schedule);
                continue;
            }

            var derived = Derive(schedule);
            var id = derived;
            for (var n = 2; !taken.Add(id); n++)
            {
                id = $"{derived}-{n}";
            }

            schedules.Add(schedule with { Id = id });
        }

        return spec with { Schedules = schedules.MoveToImmutable() };
    }

    /// <summary>A schedule in words.</summary>
    public static string Describe(ScheduleSpec spec)
    {
        var zone = spec.Timezone is { } name ? $" in {name}" : "";
        return spec.Cron is { } cron ? $"cron {cron}{zone}" : $"every {DurationText.Format(spec.Interval ?? TimeSpan.Zero)}{zone}";
    }

    private static string Derive(ScheduleSpec schedule)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(schedule with { Id = null, Active = null }, MessagesJson.Default.ScheduleSpec);
        return Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 6));
    }
}
