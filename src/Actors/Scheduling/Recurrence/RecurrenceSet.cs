using System.Collections.Immutable;

namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>
/// What a whole text stands for (RFC 5545, 3.8.5): all occurrences of its rules and its single dates, without those that an
/// EXDATE or EXRULE takes out. Instants are UTC ticks.
/// </summary>
internal sealed record RecurrenceSet
{
    private const long Never = long.MaxValue;

    public required LocalGaps Clocks { get; init; }

    public required ImmutableArray<RuleOccurrences> Rules { get; init; }

    public required ImmutableArray<RuleOccurrences> ExcludedRules { get; init; }

    /// <summary>Of RDATE; in order.</summary>
    public required ImmutableArray<long> Dates { get; init; }

    /// <summary>Of EXDATE, with a time; in order.</summary>
    public required ImmutableArray<long> ExcludedDates { get; init; }

    /// <summary>Of EXDATE, without a time: whole days of DTSTART's zone, by number; in order.</summary>
    public required ImmutableArray<int> ExcludedDays { get; init; }

    /// <summary>The first after an instant; null when there is none, or the budget was spent.</summary>
    public long? Next(long after, ref SearchBudget budget)
    {
        // A rule that seldom occurs is searched once, however many occurrences of the others are taken out before its own.
        Span<long> known = stackalloc long[Rules.Length];
        known.Fill(long.MinValue);
        while (NextOfAny(after, known, ref budget) is { } next && !budget.IsSpent)
        {
            if (!IsExcluded(next, ref after, ref budget))
            {
                return budget.IsSpent ? null : next;
            }
        }

        return null;
    }

    /// <param name="known">What each rule answered last.</param>
    private long? NextOfAny(long after, Span<long> known, ref SearchBudget budget)
    {
        var first = FirstAfter(Dates, after) ?? Never;
        for (var i = 0; i < known.Length; i++)
        {
            if (known[i] <= after)
            {
                known[i] = Rules[i].Next(after, ref budget) ?? Never;
            }

            first = Math.Min(first, known[i]);
        }

        return first == Never ? null : first;
    }

    /// <summary>Whether an occurrence is taken out; then <paramref name="after"/> is where to go on.</summary>
    private bool IsExcluded(long occurrence, ref long after, ref SearchBudget budget)
    {
        after = occurrence;
        if (ExcludedDates.BinarySearch(occurrence) >= 0)
        {
            return true;
        }

        if (!ExcludedDays.IsEmpty)
        {
            var day = Clocks.DayOf(occurrence);
            if (ExcludedDays.BinarySearch(day) >= 0)
            {
                after = Math.Max(after, Clocks.FirstInstantFrom((day + 1) * (long)LocalTimes.Day) - 1);
                return true;
            }
        }

        foreach (var rule in ExcludedRules)
        {
            if (rule.OccursAt(occurrence, ref budget))
            {
                // All rules are of the same clocks, so a run excludes what they say up to its end; an RDATE may lie in a repeated hour.
                var end = rule.EndOfRun(occurrence);
                after = FirstAfter(Dates, occurrence) is { } date && date <= end ? date - 1 : end;
                return true;
            }
        }

        return false;
    }

    private static long? FirstAfter(ImmutableArray<long> sorted, long after)
    {
        var index = sorted.BinarySearch(after);
        index = index < 0 ? ~index : index + 1;
        return index < sorted.Length ? sorted[index] : null;
    }
}
