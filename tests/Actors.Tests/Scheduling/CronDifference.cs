namespace Runner.Actors.Tests.Scheduling;

/// <summary>An instant that is an occurrence to one implementation only.</summary>
/// <param name="Ours">Whether to this project.</param>
/// <param name="From">Where both were asked from.</param>
/// <param name="TheyNever">The other says that the expression never occurs.</param>
internal sealed record Difference(CronCase Text, TimeZoneInfo Zone, DateTimeOffset At, bool Ours, DateTimeOffset From, bool TheyNever)
{
    public DateTime Local => At.UtcDateTime + OffsetAt(At);

    /// <summary>What the clock shows is what the expression asks for.</summary>
    public bool Matches => Text.Matches(Local);

    public TimeSpan OffsetAt(DateTimeOffset at) => Zone.GetUtcOffset(at.UtcDateTime);
}

/// <summary>The classes of differences that docs/schedules.md names, each by what it is about.</summary>
internal static class CronDifference
{
    public static readonly (string Name, string By, Func<Difference, bool> Is)[] Classes =
    [
        // Of days, in UTC.
        ("date or nth weekday", "croniter", d => d.Ours && d.Matches && Either(d) && IsNth(d.Text.DayOfWeek)
            && (d.TheyNever || !d.Text.DayOfWeek.Allows(d.Local))),
        ("date that never comes, or weekday", "croniter", d => d.Ours && d.Matches && Either(d) && d.TheyNever && !DateEverComes(d)),
        ("every value listed", "croniter", d => d.Ours && d.Matches && Either(d)
            && (AllowsEveryDay(d.Text.DayOfMonth) || AllowsEveryDay(d.Text.DayOfWeek))),
        ("day after a short month", "croniter", d => d.Ours && d.Matches
            && Numbers(d.Text.DayOfMonth).Any(n => n > DaysBefore(d.Local) && d.Local.Day < n - DaysBefore(d.Local))),
        ("last day of a short month", "croniter", d => d.Ours && d.Matches
            && d.Local.AddDays(1).Day == 1 && HasLastDay(d.Text.DayOfMonth) && Numbers(d.Text.DayOfMonth).Any(n => n > d.Local.Day)),

        // Of clock changes, made instants as Prefect does.
        ("time in a gap moved by its length", "prefect", d => d.Ours
            ? IsEndOfGap(d) && GapHasMatch(d)
            : Change(d, TimeSpan.Zero) is { Forward: true } gap && d.At < gap.At + gap.Length && d.Text.Matches(d.Local - gap.Length)),
        ("rhythm in the first pass only", "prefect", d => d.Ours && d.Matches && d.Text.Recurring && IsRepeat(d)),

        // Of clock changes, by croniter itself.
        ("time in a gap", "pytz", d => d.Ours && IsEndOfGap(d) && GapHasMatch(d)),
        ("fixed time in both passes", "pytz", d => !d.Ours && d.Matches && IsRepeat(d) && !d.Text.Recurring),
        ("time off by a change", "pytz", d => !d.Ours && !d.Matches && (IsOffBy(d, d.OffsetAt(d.At) - d.OffsetAt(d.From))
            || (Change(d, TimeSpan.FromHours(36)) is { } change && IsOffBy(d, change.Length)))),
        ("time left out around a change", "pytz", d => d.Ours && d.Matches && Change(d, TimeSpan.FromHours(36)) is not null),
    ];

    /// <summary>Null if it belongs to none.</summary>
    public static string? Name(string by, Difference difference) => Classes.FirstOrDefault(c => c.By == by && c.Is(difference)).Name;

    private static bool Either(Difference d) => d.Text.DayOr && d.Text.DayOfMonth.Restricts && d.Text.DayOfWeek.Restricts;

    private static bool IsNth(FieldCase field) =>
        field.Text.Contains('#', StringComparison.Ordinal) || field.Text.Contains('l', StringComparison.Ordinal);

    private static bool HasLastDay(FieldCase field) => field.Text.Split(',').Contains("l");

    /// <summary>Without saying so with a star; any month with 31 days shows it.</summary>
    private static bool AllowsEveryDay(FieldCase field) => Enumerable.Range(0, 31).All(day => field.Allows(new DateTime(2026, 1, 1).AddDays(day)));

    /// <summary>Four years have all dates.</summary>
    private static bool DateEverComes(Difference d) => Enumerable.Range(0, 4 * 366).Select(day => new DateTime(2024, 1, 1).AddDays(day))
        .Any(day => d.Text.DayOfMonth.Allows(day) && d.Text.Month.Allows(day));

    private static int DaysBefore(DateTime day) => new DateTime(day.Year, day.Month, 1).AddDays(-1).Day;

    /// <summary>The days of the month that a field allows by their number.</summary>
    private static IEnumerable<int> Numbers(FieldCase field)
    {
        var items = string.Join(',', field.Text.Split(',').Where(item => item != "l"));
        var numbered = items.Length == 0 ? null : CronText.Read($"0 0 {items} * *", dayOr: true).DayOfMonth;
        return numbered is null ? [] : Enumerable.Range(1, 31).Where(day => numbered.Allows(new DateTime(2026, 1, day)));
    }

    private static bool IsOffBy(Difference d, TimeSpan change) => d.Text.Matches(d.Local + change) || d.Text.Matches(d.Local - change);

    private static bool IsEndOfGap(Difference d) => d.OffsetAt(d.At) > d.OffsetAt(d.At.AddTicks(-1));

    private static bool GapHasMatch(Difference d)
    {
        var length = d.OffsetAt(d.At) - d.OffsetAt(d.At.AddTicks(-1));
        return Enumerable.Range(1, (int)length.TotalMinutes).Any(minute => d.Text.Matches(d.Local.AddMinutes(-minute)));
    }

    /// <summary>Clocks have shown the same before.</summary>
    private static bool IsRepeat(Difference d) => Change(d, TimeSpan.Zero) is { Forward: false } change && d.At < change.At + change.Length;

    /// <summary>The last change of the clocks in the day before, or so much later.</summary>
    private static (DateTimeOffset At, TimeSpan Length, bool Forward)? Change(Difference d, TimeSpan later)
    {
        var from = d.At - TimeSpan.FromHours(25) - later;
        for (var at = new DateTimeOffset((d.At + later).Ticks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero); at > from;
            at = at.AddMinutes(-1))
        {
            var by = d.OffsetAt(at) - d.OffsetAt(at.AddTicks(-1));
            if (by != TimeSpan.Zero)
            {
                return (at, by.Duration(), by > TimeSpan.Zero);
            }
        }

        return null;
    }
}
