namespace Runner.Actors.Scheduling;

/// <summary>
/// When something is due: a pure function from an instant to the next one. Implementations are immutable, never throw from
/// <see cref="Next"/>, and answer the same whatever instant they were asked from before.
/// </summary>
public interface ISchedule
{
    /// <summary>The first occurrence strictly after <paramref name="after"/>, in UTC; null when there is none, ever.</summary>
    DateTimeOffset? Next(DateTimeOffset after);

    /// <summary>Whether an occurrence is at the end of a gap of the clocks only because the wall-clock time it was for fell into that gap.</summary>
    bool IsMoved(DateTimeOffset occurrence);
}
