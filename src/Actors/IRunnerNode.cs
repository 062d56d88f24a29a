using Runner.Messages;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;

namespace Runner.Actors;

/// <summary>A run's new state, as it became durable.</summary>
/// <param name="Node">The node that executes its attempt, or executed the last one; null before the first.</param>
public sealed record RunStateChanged(Guid Run, string Deployment, RunStateChange Change, string? Node = null) : IWireMessage;

/// <summary>Whose changes of runs somebody wants to hear.</summary>
public enum RunsOf
{
    /// <summary>Of the whole cluster.</summary>
    AllNodes,

    /// <summary>Of those that a node looks after or executes.</summary>
    ThisNode,
}

/// <summary>
/// What the outside sees of a node: requests in, replies out. Thread-safe. A command is answered once it is durable, with the reply
/// its type names or with a <see cref="Refusal"/>; nothing here throws for what a caller may send, and a store that is away
/// is a <see cref="StoreNotAvailable"/>.
/// </summary>
public interface IRunnerNode
{
    /// <summary>Asks the node. A request it does not know is refused at once, with <see cref="RequestNotHandled"/>.</summary>
    Task<Reply<TReply>> AskAsync<TReply>(IRequest<TReply> request, CancellationToken cancel);

    /// <summary>What is wrong with the node, in sentences.</summary>
    Task<HealthReport> HealthAsync(CancellationToken cancel);

    /// <summary>
    /// Calls <paramref name="observer"/> for every state change from now on, from the actors' threads: it must return at once and not throw. A hint
    /// to look, not a record: whoever must miss nothing asks for <see cref="GetRunHistory"/> from its last position.
    /// </summary>
    /// <param name="missed">
    /// Called when changes may not have been heard of until now: other nodes send theirs only from when they know that somebody here wants them. It
    /// must return at once and not throw, too.
    /// </param>
    IDisposable Subscribe(Action<RunStateChanged> observer, Action? missed = null, RunsOf of = RunsOf.AllNodes);

    /// <summary>Where another node's API is, for what only that node has: the output of its programs.</summary>
    /// <returns>Null for this node itself.</returns>
    OtherNode? Elsewhere(string? node);

    /// <summary>
    /// Stops taking work and ends running programs, all with their grace time together (see <see cref="StopMode"/>). Completes when every
    /// program is gone and everything is durable. Calling it again with a harder mode hurries the first call.
    /// </summary>
    Task StopAsync(StopMode mode);
}

/// <summary>A node that is not this one.</summary>
/// <param name="Api">The address of its API; null while it is no member of the cluster, or if its API is for its own machine alone.</param>
public sealed record OtherNode(string Name, Uri? Api);

/// <summary>How a node is stopped.</summary>
public enum StopMode
{
    /// <summary>Programs get SIGTERM and their grace time, then SIGKILL.</summary>
    Graceful,

    /// <summary>Programs get SIGKILL now.</summary>
    Immediate,

    /// <summary>Another node has the store now: programs get SIGKILL, and nothing of it can be written.</summary>
    TakenOver,
}
