namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>
/// The wall-clock times of a rule, before and after DTSTART, with no regard to COUNT, UNTIL and zones. Times are seconds since
/// 0001-01-01T00:00:00.
/// </summary>
internal abstract class LocalTimes
{
    public const int Day = 86_400;

    /// <summary>The first at or after a time; -1 when there is none, or the budget was spent.</summary>
    public abstract long Next(long from, ref SearchBudget budget);

    /// <summary>The last of the times that follow one another without a second between them, from one of them on.</summary>
    public virtual long EndOfRun(long time) => time;

    /// <summary>What BYSETPOS counts within: the set of times of the period that a time is in.</summary>
    public abstract Period PeriodOf(long time);

    /// <summary>Days, from and to before, and the times of each of the matching ones.</summary>
    /// <param name="From">The time it begins with.</param>
    /// <param name="To">The time it ends before.</param>
    internal readonly record struct Period(int Start, int End, TimesOfDay Times, long From, long To);
}
