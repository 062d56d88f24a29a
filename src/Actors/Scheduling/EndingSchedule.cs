namespace Runner.Actors.Scheduling;

/// <summary>A schedule that stops: the occurrences of another one up to an instant.</summary>
/// <param name="inner">Whose occurrences they are.</param>
/// <param name="end">The last instant at which something may occur.</param>
internal sealed class EndingSchedule(ISchedule inner, DateTimeOffset end) : ISchedule
{
    /// <inheritdoc/>
    public DateTimeOffset? Next(DateTimeOffset after) => after < end && inner.Next(after) is { } next && next <= end ? next : null;

    /// <inheritdoc/>
    public bool IsMoved(DateTimeOffset occurrence) => inner.IsMoved(occurrence);

    /// <inheritdoc/>
    public override string ToString() => $"{inner} until {end:O}";
}
