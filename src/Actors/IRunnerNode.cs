using System.Collections.Immutable;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;

namespace Runner.Actors;

/// <summary>A run's new state, as it became durable on this node.</summary>
public sealed record RunStateChanged(Guid Run, string Deployment, RunStateChange Change);

/// <summary>
/// What the outside sees of a node: commands in, replies out. Thread-safe. A command is answered once it is durable, with the reply
/// its doc comment names or with a <see cref="Refusal"/>; nothing here throws for what a caller may send, and a store that is away
/// is a <see cref="StoreNotAvailable"/>.
/// </summary>
public interface IRunnerNode
{
    /// <summary>
    /// Registers deployments: all are checked first and none is registered unless every one is right.
    /// Answers in the order given, or one refusal whose problems' fields begin with <c>deployments[N]</c>.
    /// </summary>
    Task<Reply<ImmutableArray<DeploymentRegistered>>> RegisterAsync(ImmutableArray<DeploymentSpec> specs, bool dryRun, CancellationToken cancel);

    Task<Reply<DeploymentChanged>> PauseAsync(PauseDeployment command, CancellationToken cancel);

    Task<Reply<DeploymentChanged>> ResumeAsync(ResumeDeployment command, CancellationToken cancel);

    Task<Reply<DeploymentChanged>> SwitchScheduleAsync(SwitchSchedule command, CancellationToken cancel);

    Task<Reply<DeploymentChanged>> DeleteAsync(DeleteDeployment command, CancellationToken cancel);

    Task<Reply<DeploymentView>> DeploymentAsync(GetDeployment query, CancellationToken cancel);

    Task<Reply<DeploymentPage>> DeploymentsAsync(ListDeployments query, CancellationToken cancel);

    Task<Reply<RunSubmitted>> SubmitAsync(SubmitRun command, CancellationToken cancel);

    Task<Reply<RunCancelAccepted>> CancelAsync(CancelRun command, CancellationToken cancel);

    Task<Reply<RunSubmitted>> RetryAsync(RetryRun command, CancellationToken cancel);

    Task<Reply<RunView>> RunAsync(GetRun query, CancellationToken cancel);

    Task<Reply<RunPage>> RunsAsync(ListRuns query, CancellationToken cancel);

    /// <summary>The steps of a run's history after the event number <paramref name="afterSequence"/>, in order, at most 1,000.</summary>
    Task<Reply<ImmutableArray<RunStateChange>>> RunHistoryAsync(Guid run, long afterSequence, CancellationToken cancel);

    /// <summary>Deletes a part of the ended runs that a rule does not keep, or counts them; the report says where to go on.</summary>
    Task<Reply<PruneReport>> PruneAsync(PruneRuns command, CancellationToken cancel);

    Task<Reply<LimitPage>> LimitsAsync(ListLimits query, CancellationToken cancel);

    Task<Reply<LimitChanged>> SetLimitAsync(SetLimit command, CancellationToken cancel);

    Task<Reply<LimitChanged>> DeleteLimitAsync(DeleteLimit command, CancellationToken cancel);

    /// <summary>What is wrong with the node, in sentences.</summary>
    Task<HealthReport> HealthAsync(CancellationToken cancel);

    /// <summary>
    /// Calls <paramref name="observer"/> for every state change on this node from now on, from the actors' threads: it must return
    /// at once and not throw. A hint to look, not a record: whoever must miss nothing reads <see cref="RunHistoryAsync"/> from its last position.
    /// </summary>
    IDisposable Subscribe(Action<RunStateChanged> observer);

    /// <summary>
    /// Stops taking work and ends running programs, all with their grace time together (see <see cref="StopMode"/>). Completes when every
    /// program is gone and everything is durable. Calling it again with a harder mode hurries the first call.
    /// </summary>
    Task StopAsync(StopMode mode);
}

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

/// <summary>A value, or the refusal that came instead of it.</summary>
public readonly record struct Reply<T>(T? Value, Refusal? Refusal)
{
    public static implicit operator Reply<T>(T value) => new(value, null);

    public static implicit operator Reply<T>(Refusal refusal) => new(default, refusal);
}
