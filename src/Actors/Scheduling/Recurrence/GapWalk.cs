namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>
/// A zone's gaps, or none when there is no zone, asked for in the order of time, so that each year of the zone is looked at once and only as far as
/// needed.
/// </summary>
internal struct GapWalk(LocalGaps? gaps, long from)
{
    private const long Ahead = 366 * 86_400L;

    // What a year of a zone costs to divide into its stretches, the first time that anyone does.
    private const int StepsOfAYear = 1000;

    private long _seen = from;
    private (long Start, long End)? _gap;

    /// <summary>The first gap that ends after <paramref name="from"/> and begins before <paramref name="to"/>; neither ever goes back.</summary>
    public (long Start, long End)? Within(long from, long to, ref SearchBudget budget)
    {
        while (gaps is { IsFixed: false })
        {
            if (_gap is { } gap && gap.End > from)
            {
                return gap.Start < to ? gap : null;
            }

            if (_seen >= to)
            {
                return null;
            }

            budget.Spend(StepsOfAYear);
            var end = Math.Max(_seen, to) + Ahead;
            _gap = gaps.FirstGap(Math.Max(_seen, from), end);
            _seen = _gap?.End ?? end;
        }

        return null;
    }
}
