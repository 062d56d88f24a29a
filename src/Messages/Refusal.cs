using System.Collections.Immutable;

namespace Runner.Messages;

/// <summary>One thing that is wrong with what was sent.</summary>
/// <param name="Field">Where, as the deployment file spells it (<c>schedules[1].cron</c>); empty for the whole.</param>
/// <param name="Message">What is wrong and what was expected, in a sentence.</param>
public sealed record Problem(string Field, string Message);

/// <summary>The answer to a command that is not carried out: nothing has changed.</summary>
/// <param name="Code">Stable and for machines, e.g. <c>deployment-not-found</c>.</param>
/// <param name="Message">What happened, to what, and what to do, in a sentence or two.</param>
public abstract record Refusal(string Code, string Message) : IWireMessage
{
    /// <summary>The details where there is more than one thing wrong.</summary>
    public virtual ImmutableArray<Problem> Problems => [];
}

public sealed record DeploymentNotFound(string Name)
    : Refusal("deployment-not-found", $"There is no deployment '{Name}'. `runner deployments` lists those there are.");

public sealed record DeploymentInvalid(string Name, ImmutableArray<Problem> Details)
    : Refusal("deployment-invalid", $"Deployment '{Name}' was not accepted: {string.Join("; ", Details.Select(p => $"{p.Field}: {p.Message}"))}")
{
    /// <inheritdoc/>
    public override ImmutableArray<Problem> Problems => Details;
}

public sealed record ScheduleNotFound(string Deployment, string Schedule)
    : Refusal(
        "schedule-not-found", $"Deployment '{Deployment}' has no schedule '{Schedule}'. `runner deployment show {Deployment}` lists those it has.");

public sealed record SubmissionInvalid(ImmutableArray<Problem> Details)
    : Refusal("submission-invalid", $"The run was not accepted: {string.Join("; ", Details.Select(p => $"{p.Field}: {p.Message}"))}")
{
    /// <inheritdoc/>
    public override ImmutableArray<Problem> Problems => Details;
}

/// <summary>An idempotency key was used before, for a run that was asked for otherwise.</summary>
public sealed record KeyUsedOtherwise(Guid Id, string Key, ImmutableArray<Problem> Details)
    : Refusal(
        "key-used-otherwise",
        $"The key '{Key}' was used for run {Id}, which was asked for otherwise: {string.Join("; ", Details.Select(p => $"{p.Field}: {p.Message}"))}. "
        + "Nothing was submitted: take another key, or say `keyOnly` (`--key-only`) to get the run of the key whatever it was asked for.")
{
    /// <inheritdoc/>
    public override ImmutableArray<Problem> Problems => Details;
}

public sealed record RunNotFound(string Id)
    : Refusal("run-not-found", $"There is no run '{Id}'. `runner runs` lists the latest ones.");

public sealed record RunAlreadyEnded(Guid Id, string State)
    : Refusal("run-already-ended", $"Run {Id} has ended as {State}; an ended run does not change. `runner run retry {Id}` runs it anew.");

public sealed record RunNotEnded(Guid Id, string State)
    : Refusal("run-not-ended", $"Run {Id} is {State} and has not ended; only an ended run can be run anew.");

public sealed record LimitNotFound(string Name)
    : Refusal("limit-not-found", $"There is no limit '{Name}'. `runner limits` lists those there are.");

public sealed record NodeNotFound(string Name)
    : Refusal("node-not-found", $"There is no node '{Name}' in the cluster now. `runner nodes` lists those there are.");

public sealed record LimitInvalid(string Name, string Detail)
    : Refusal("limit-invalid", $"Limit '{Name}' was not accepted: {Detail}");

public sealed record QueryInvalid(string Field, string Detail)
    : Refusal("query-invalid", $"{Field}: {Detail}")
{
    /// <inheritdoc/>
    public override ImmutableArray<Problem> Problems => [new(Field, Detail)];
}

public sealed record PruneInvalid(ImmutableArray<Problem> Details)
    : Refusal("prune-invalid", $"Nothing was pruned: {string.Join("; ", Details.Select(p => $"{p.Field}: {p.Message}"))}")
{
    /// <inheritdoc/>
    public override ImmutableArray<Problem> Problems => Details;
}

/// <summary>The store failed; whether the command took effect is not known, and sending it again is safe.</summary>
public sealed record StoreNotAvailable(string Detail) : Refusal("store-not-available", Detail);

/// <summary>The store has no room; nothing was written.</summary>
public sealed record StoreIsFull(string Detail) : Refusal("store-full", Detail);

/// <summary>Nobody decided about a request: a mistake in this program. Nothing was done.</summary>
public sealed record RequestNotHandled(string Request, string Entity)
    : Refusal(
        "internal", $"{Entity} does not know what to do with {Request}. Nothing was done. This is a mistake in the node program; please report it.");

/// <summary>As much is under way as the node takes at once; nothing was decided, so the same command can be sent again after a moment.</summary>
/// <param name="AtOnce">How many commands it takes at once.</param>
public sealed record NodeBusy(int AtOnce)
    : Refusal("node-busy", $"This node has {AtOnce} commands under way and takes no more at once. Nothing was done; send it again in a moment.");

/// <summary>As many streams are open as the node feeds at once.</summary>
public sealed record TooManyFollowers(int AtOnce)
    : Refusal("too-many-followers", $"This node feeds {AtOnce} followers, as many as it takes. Come back when one has gone, or raise max-followers.");

/// <summary>The disk has less room than the node keeps free for what is under way; nothing was written.</summary>
public sealed record DiskLow(string Detail) : Refusal("disk-low", Detail);

public sealed record NodeStopping()
    : Refusal("node-stopping", "This node is being stopped and takes no new work. Send it again once it is back.");
