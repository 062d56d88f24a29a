using System.Diagnostics.CodeAnalysis;

namespace Runner.Actors.Scheduling;

/// <summary>
/// When something is due: a pure function from an instant to the next one. Implementations are immutable, never throw from
/// <see cref="Next"/> and <see cref="TryNext"/>, and answer the same whatever instant they were asked from before.
/// </summary>
public interface ISchedule
{
    /// <summary>
    /// The first occurrence strictly after <paramref name="after"/>, in UTC; null when there is none, ever, or the search for it is given
    /// up, which <see cref="TryNext"/> tells apart.
    /// </summary>
    DateTimeOffset? Next(DateTimeOffset after);

    /// <summary>
    /// As <see cref="Next"/>, but tells a schedule that never occurs again from one whose search was given up. Most have nothing to search.
    /// </summary>
    /// <param name="problem">For the person who wrote the schedule, when false: why it is not known whether there is another occurrence.</param>
    bool TryNext(DateTimeOffset after, out DateTimeOffset? next, [NotNullWhen(false)] out string? problem)
    {
        (next, problem) = (Next(after), null);
        return true;
    }

    /// <summary>Whether an occurrence is at the end of a gap of the clocks only because the wall-clock time it was for fell into that gap.</summary>
    bool IsMoved(DateTimeOffset occurrence);
}
