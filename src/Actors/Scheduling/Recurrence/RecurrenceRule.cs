namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>A rule as it was written (RFC 5545, 3.3.10); parts left out are null, or 0 where they are sets of bits.</summary>
internal sealed record RecurrenceRule
{
    public Frequency Frequency { get; init; }

    public int Interval { get; init; } = 1;

    public int? Count { get; init; }

    public DateTimeValue? Until { get; init; }

    /// <summary>Bits 0 to 59; a leap second was read as 59.</summary>
    public ulong Seconds { get; init; }

    public ulong Minutes { get; init; }

    public ulong Hours { get; init; }

    public WeekdaySet? Weekdays { get; init; }

    public SignedSet? MonthDays { get; init; }

    public SignedSet? YearDays { get; init; }

    public SignedSet? WeekNumbers { get; init; }

    /// <summary>Bits 1 to 12.</summary>
    public ulong Months { get; init; }

    public SignedSet? Positions { get; init; }

    /// <summary>0 (Sunday) to 6; Monday when left out.</summary>
    public int WeekStart { get; init; } = 1;

    /// <summary>Whether any part chooses among times.</summary>
    public bool HasChoice =>
        (Seconds | Minutes | Hours | Months) != 0 || Weekdays is not null || MonthDays is not null || YearDays is not null || WeekNumbers is not null;
}
