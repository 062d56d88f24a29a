using System.Diagnostics.CodeAnalysis;

namespace Runner.Actors.Scheduling;

/// <summary>A schedule that stops: the occurrences of another one up to an instant.</summary>
/// <param name="inner">Whose occurrences they are.</param>
/// <param name="end">The last instant at which something may occur.</param>
internal sealed class EndingSchedule(ISchedule inner, DateTimeOffset end) : ISchedule
{
    /// <inheritdoc/>
    public DateTimeOffset? Next(DateTimeOffset after) => TryNext(after, out var next, out _) ? next : null;

    /// <inheritdoc/>
    /// <remarks>After the end there is nothing to search for.</remarks>
    public bool TryNext(DateTimeOffset after, out DateTimeOffset? next, [NotNullWhen(false)] out string? problem)
    {
        (next, problem) = (null, null);
        if (after < end && !inner.TryNext(after, out next, out problem))
        {
            return false;
        }

        next = next <= end ? next : null;
        return true;
    }

    /// <inheritdoc/>
    public bool IsMoved(DateTimeOffset occurrence) => inner.IsMoved(occurrence);

    /// <inheritdoc/>
    public override string ToString() => $"{inner} until {end:O}";
}
