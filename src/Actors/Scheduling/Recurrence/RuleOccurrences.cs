namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>
/// The occurrences of one rule: its times on a zone's clocks, from DTSTART to what UNTIL or COUNT make the last. Instants are UTC ticks.
/// </summary>
internal sealed class RuleOccurrences
{
    // What an answer costs beside the search: times of the zone.
    private const int StepsOfAnAnswer = 10;

    private readonly LocalTimes _times;
    private readonly LocalGaps _gaps;
    private readonly long _start;
    private readonly long _lastLocal;
    private readonly long _lastInstant;

    private RuleOccurrences(LocalTimes times, LocalGaps gaps, long start, long lastLocal, long lastInstant)
    {
        _times = times;
        _gaps = gaps;
        _start = start;
        _lastLocal = lastLocal;
        _lastInstant = lastInstant;
    }

    /// <summary>Null, and a refusal, when it never occurs, or its COUNT is too much to count.</summary>
    public static RuleOccurrences? Make(RecurrenceRule rule, DateTimeValue start, LocalGaps gaps, ref SearchBudget budget, out string? error)
    {
        if (new RuleCompiler(rule, start, gaps).Compile(out error) is not { } times)
        {
            return null;
        }

        var last = rule.Until is { IsUtc: false } until ? until.Local : long.MaxValue;
        if (rule.Count is { } count)
        {
            last = Nth(times, start.Local, count, gaps, ref budget);
            if (budget.IsSpent)
            {
                error = new ScheduleFormatException("COUNT", $"counting to {count} takes too long for this rule", "a smaller one, or UNTIL").Message;
                return null;
            }
        }

        return new RuleOccurrences(times, gaps, start.Local, last, rule.Until is { IsUtc: true } end ? end.Ticks : long.MaxValue);
    }

    /// <summary>Whether any time from DTSTART on is one of the rule's, whatever UNTIL says; false also when the budget was spent.</summary>
    public bool EverOccurs(ref SearchBudget budget) => _times.Next(_start, ref budget) >= 0 && !budget.IsSpent;

    /// <summary>The first after an instant; null when there is none, or the budget was spent.</summary>
    public long? Next(long after, ref SearchBudget budget)
    {
        var from = Math.Max(_start, _gaps.NextShown(after));
        while (from <= _lastLocal && from < LocalGaps.End && budget.Spend(StepsOfAnAnswer))
        {
            var local = _times.Next(from, ref budget);
            if (local < 0 || local > _lastLocal)
            {
                return null;
            }

            if (_gaps.InstantOf(local, out from) is { } instant)
            {
                return instant <= _lastInstant && !budget.IsSpent ? instant : null;
            }
        }

        return null;
    }

    /// <summary>Whether it occurs at an instant.</summary>
    public bool OccursAt(long instant, ref SearchBudget budget) => Next(instant - 1, ref budget) == instant;

    /// <summary>
    /// The last instant of a run that begins with an occurrence, through which every whole second that clocks show for the first time is one.
    /// </summary>
    public long EndOfRun(long occurrence)
    {
        var local = _gaps.NextShown(occurrence - 1);
        var end = Math.Min(_times.EndOfRun(local), _lastLocal);
        return Math.Max(occurrence, Math.Min(_gaps.FirstInstantFrom(end + 1) - 1, _lastInstant));
    }

    /// <summary>The time of the <paramref name="count"/>th; <see cref="long.MaxValue"/> when the calendar ends before it.</summary>
    private static long Nth(LocalTimes times, long start, int count, LocalGaps gaps, ref SearchBudget budget)
    {
        if (times is DayTimes daily)
        {
            // Gaps only make it later. So a calendar that is too short without them need not be searched for them.
            var early = gaps.IsFixed ? 0 : daily.Nth(start, count, null, ref budget);
            return early == long.MaxValue ? early : daily.Nth(start, count, gaps, ref budget);
        }

        var walk = new GapWalk(gaps, start);
        for (var from = start; from < LocalGaps.End && times.Next(from, ref budget) is >= 0 and var local;)
        {
            if (walk.Within(local, local + 1, ref budget) is { } gap)
            {
                from = gap.End;
                continue;
            }

            if (--count == 0)
            {
                return local;
            }

            from = local + 1;
        }

        return long.MaxValue;
    }
}
