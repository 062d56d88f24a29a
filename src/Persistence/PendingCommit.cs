using Runner.Entities.Store;

namespace Runner.Persistence;

/// <summary>
/// A commit in the writer's queue. What waits for it goes on on the writer's thread: an entity only puts a message into its mailbox
/// there, and a thread to do so would cost more than the message.
/// </summary>
internal sealed class PendingCommit(EntityCommit commit) : TaskCompletionSource<CommitResult>
{
    public EntityCommit Commit => commit;

    /// <summary>How it was decided, to be told once the transaction is durable.</summary>
    public CommitResult? Decided { get; set; }
}
