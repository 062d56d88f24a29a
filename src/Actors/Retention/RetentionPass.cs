using Runner.Entities.Store;

namespace Runner.Actors.Retention;

/// <summary>An ended run as its row tells it.</summary>
/// <param name="Created">Unix milliseconds, by which runs are ordered.</param>
internal sealed record EndedRun(Guid Id, string Deployment, long Created, DateTimeOffset Ended, int Attempts)
{
    public string Key => Id.ToString("D");

    public static EndedRun Of(RunRow row) => new(row.Run, row.Deployment, row.Created.ToUnixTimeMilliseconds(), row.Ended!.Value, row.Attempt);
}

/// <summary>One look through ended runs, oldest first: which of them may go. Pure.</summary>
/// <param name="Rule">What is kept.</param>
/// <param name="KeepAtLeast">What is kept whatever the rule.</param>
/// <param name="Surplus">The newest run that is one too many by count, as its place in the order of creation; null if none is.</param>
internal sealed record RetentionPass(RetentionRule Rule, TimeSpan KeepAtLeast, RowPosition? Surplus, DateTimeOffset Now)
{
    /// <summary>
    /// No run created at or after this, in Unix milliseconds, may go: a run ends after it is created, so that the order of creation is order
    /// enough and none by end is needed. Null if nothing may go at all.
    /// </summary>
    public long? CreatedBefore
    {
        get
        {
            var young = Milliseconds(Now - KeepAtLeast) + 1;
            long? aged = Rule.KeepFor is { } keepFor ? Math.Min(young, Milliseconds(Now - keepFor) + 1) : null;
            long? surplus = Surplus is { } place ? Math.Min(young, RunRow.CreatedAt(place) + 1) : null;
            return aged is { } a && surplus is { } s ? Math.Max(a, s) : aged ?? surplus;
        }
    }

    /// <summary>Whether a run may go.</summary>
    public bool MayGo(EndedRun run)
    {
        // Negative where the wall clock has stepped back since: then it is young.
        var age = Now - run.Ended;
        return age >= KeepAtLeast && (age >= Rule.KeepFor || IsSurplus(run));
    }

    private bool IsSurplus(EndedRun run) => Surplus is { } place
        && (RunRow.CreatedAt(place) > run.Created || (RunRow.CreatedAt(place) == run.Created && string.CompareOrdinal(place.Key, run.Key) >= 0));

    private static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();
}
