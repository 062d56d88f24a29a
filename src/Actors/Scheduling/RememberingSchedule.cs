using System.Diagnostics.CodeAnalysis;

namespace Runner.Actors.Scheduling;

/// <summary>
/// A schedule whose answers are dear, with the latest of them kept: a deployment asks all of its schedules again whenever one of them is due. One
/// whose search is given up would otherwise be searched for milliseconds each time, and hold up its siblings. Answers the same as what it stands
/// before.
/// </summary>
/// <param name="inner">Who is asked what is not known.</param>
internal sealed class RememberingSchedule(ISchedule inner) : ISchedule
{
    private volatile Answer? _latest;

    /// <inheritdoc/>
    public DateTimeOffset? Next(DateTimeOffset after) => TryNext(after, out var next, out _) ? next : null;

    /// <inheritdoc/>
    public bool TryNext(DateTimeOffset after, out DateTimeOffset? next, [NotNullWhen(false)] out string? problem)
    {
        if (_latest is not { } known || !known.Holds(after))
        {
            inner.TryNext(after, out var found, out var givenUp);
            _latest = known = new Answer(after, found, givenUp);
        }

        (next, problem) = (known.Next, known.Problem);
        return problem is null;
    }

    /// <inheritdoc/>
    public bool IsMoved(DateTimeOffset occurrence) => inner.IsMoved(occurrence);

    /// <inheritdoc/>
    public override string? ToString() => inner.ToString();

    private sealed record Answer(DateTimeOffset After, DateTimeOffset? Next, string? Problem)
    {
        /// <summary>
        /// What is next from one instant is so from every later one before it. Where a search is given up depends on where it began.
        /// </summary>
        public bool Holds(DateTimeOffset after) => after == After || (Problem is null && after > After && (Next is null || after < Next));
    }
}
