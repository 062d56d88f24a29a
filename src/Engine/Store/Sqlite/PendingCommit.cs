namespace Runner.Engine.Store.Sqlite;

/// <summary>A commit in the writer's queue; whoever waits for it goes on elsewhere than on the writer's thread.</summary>
internal sealed class PendingCommit(EntityCommit commit) : TaskCompletionSource<CommitResult>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public EntityCommit Commit => commit;

    /// <summary>How it was decided, to be told once the transaction is durable.</summary>
    public CommitResult? Decided { get; set; }
}
