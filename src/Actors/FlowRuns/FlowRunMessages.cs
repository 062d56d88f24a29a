using Runner.Entities;
using Runner.Messages;
using Runner.Messages.Runs;

namespace Runner.Actors.FlowRuns;

// What a FlowRunActor is told by the rest of the node, beside the commands in Messages.

/// <summary>
/// Make this run. Answered with <see cref="RunSubmitted"/>; a run that exists answers as it did the first time, or refuses if it was asked for
/// otherwise.
/// </summary>
/// <param name="HasFreshId">Whether the run's id was made up for it, and not computed: then there is no such run yet.</param>
/// <param name="KeyOnly">Whether a run that exists is the answer though it was asked for otherwise.</param>
internal sealed record CreateRun(Guid Run, RunScheduled Scheduled, bool HasFreshId = false, bool KeyOnly = false)
    : IRunMessage, IRequest<RunSubmitted>, ICreation
{
    /// <inheritdoc/>
    public object WithKnownId() => HasFreshId ? this with { HasFreshId = false } : this;
}

/// <summary>Run an ended run's recipe once more, as a new run: with this id if the command has no idempotency key.</summary>
internal sealed record RepeatRun(RetryRun Command, Guid FreshId) : IRunMessage, IRequest<RunSubmitted>
{
    /// <inheritdoc/>
    public Guid Run => Command.Run;
}

/// <summary>A node is being stopped: end the process, or never mind if there is none.</summary>
/// <param name="Node">Which; null for whichever has the process.</param>
internal sealed record StopForShutdown(StopMode Mode, string? Node = null) : IEntityCommand;

/// <summary>
/// The attempt's process has been alive for as long as it may. Measured by the clock that never steps: a wall clock that is set
/// forward ends no program.
/// </summary>
internal sealed record TimeoutReached(int Attempt) : IWireMessage;

// What a FlowRunActor is to do after a decision, beside what it is to tell the limiter and the attempt's process.

/// <summary>Say <see cref="TimeoutReached"/> of the attempt after this time.</summary>
internal sealed record WatchTimeout(int Attempt, TimeSpan After) : IRunIntent;
