namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>
/// The weekdays of a BYDAY part: some always (<c>MO</c>), some only as the nth of their month or year (<c>2MO</c>, <c>-1FR</c>).
/// Weekdays are 0 (Sunday) to 6.
/// </summary>
internal sealed class WeekdaySet
{
    // Most sets have no numbered ones, and a node may hold very many sets.
    private ulong[] _fromStart = [];
    private ulong[] _fromEnd = [];

    /// <summary>The weekdays that match whichever they are in their month or year, as bits.</summary>
    public ulong Always { get; private set; }

    /// <summary>Whether there are numbered ones.</summary>
    public bool IsNumbered => _fromStart.Length > 0;

    /// <param name="ordinal">0 for «always», else -53 to 53.</param>
    public void Add(int weekday, int ordinal)
    {
        if (ordinal == 0)
        {
            Always |= 1UL << weekday;
            return;
        }

        if (!IsNumbered)
        {
            (_fromStart, _fromEnd) = (new ulong[7], new ulong[7]);
        }

        (ordinal > 0 ? _fromStart : _fromEnd)[weekday] |= 1UL << Math.Abs(ordinal);
    }

    /// <summary>Whether a day is one of the numbered ones.</summary>
    /// <param name="position">Its day of the month or year, from 1.</param>
    /// <param name="length">How many days that has.</param>
    public bool HoldsNumbered(int weekday, int position, int length) =>
        (_fromStart[weekday] >> (((position - 1) / 7) + 1) & 1) != 0 || (_fromEnd[weekday] >> (((length - position) / 7) + 1) & 1) != 0;
}
