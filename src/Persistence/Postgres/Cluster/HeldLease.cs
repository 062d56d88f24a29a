namespace Runner.Persistence.Postgres.Cluster;

/// <summary>A lease that this node has. Each time it is acquired it is another one.</summary>
/// <param name="lost">Who is told that it is lost.</param>
internal sealed class HeldLease(string name, string owner, Action<Exception?> lost)
{
    public string Name => name;

    public string Owner => owner;

    public Action<Exception?> Lost => lost;

    /// <summary>When it is lost unless it is renewed, in the time that <see cref="HeldLeases"/> counts.</summary>
    public TimeSpan Deadline { get; set; }
}
