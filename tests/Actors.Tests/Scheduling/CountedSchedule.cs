using Runner.Actors.Scheduling;

namespace Runner.Actors.Tests.Scheduling;

/// <summary>A schedule that says how often it was asked.</summary>
internal sealed class CountedSchedule(ISchedule inner) : ISchedule
{
    public int Asked { get; private set; }

    public DateTimeOffset? Next(DateTimeOffset after)
    {
        Asked++;
        return inner.Next(after);
    }

    public bool IsMoved(DateTimeOffset occurrence) => inner.IsMoved(occurrence);
}
