using System.Collections.Immutable;
using System.Text.Json;

namespace Runner.Messages.Runs;

/// <summary>Asks for a run of a deployment. Answered with <see cref="RunSubmitted"/> or a refusal.</summary>
/// <param name="At">When it is due; null is at once.</param>
/// <param name="Priority">Null is the deployment's.</param>
/// <param name="IdempotencyKey">
/// Two submissions with the same key and deployment are one run, as long as that run is kept; 1 to 200 characters. The second is refused with
/// <see cref="KeyUsedOtherwise"/> if it asks for other parameters, another time or priority, other tags or another name. Null makes every submission
/// a new run.
/// </param>
/// <param name="EnforceParameterSchema">Whether the deployment's parameter schema is enforced for this run; null is as the deployment says.</param>
/// <param name="KeyOnly">Whether the key alone decides: the answer is the run of the key, whatever else it was asked for.</param>
/// <param name="Name">What people call the run, 1 to 200 characters on one line; need not be unique. Null is none.</param>
public sealed record SubmitRun(
    string Deployment,
    ImmutableSortedDictionary<string, JsonElement>? Parameters = null,
    DateTimeOffset? At = null,
    int? Priority = null,
    string? IdempotencyKey = null,
    ImmutableArray<string>? Tags = null,
    bool? EnforceParameterSchema = null,
    bool KeyOnly = false,
    string? Name = null) : Deployments.IDeploymentMessage, IRequest<RunSubmitted>;

/// <summary>Answer to <see cref="SubmitRun"/> and <see cref="RetryRun"/>.</summary>
/// <param name="Created">False if the idempotency key had been used: <paramref name="Id"/> is the run of the first time.</param>
public sealed record RunSubmitted(Guid Id, bool Created, RunState State) : IWireMessage;

/// <summary>A message for one run; the id is the entity's.</summary>
public interface IRunMessage : IWireMessage
{
    Guid Run { get; }
}

/// <summary>Cancels a run. Answered with <see cref="RunCancelAccepted"/> once it is durable, or a refusal if the run has ended.</summary>
/// <param name="Reason">Shown as the state's message; null for none.</param>
public sealed record CancelRun(Guid Run, string? Reason = null) : IRunMessage, IRequest<RunCancelAccepted>;

/// <summary>Answer to <see cref="CancelRun"/>: the state the run is in now, <c>Cancelling</c> or already <c>Cancelled</c>.</summary>
public sealed record RunCancelAccepted(Guid Id, RunState State) : IWireMessage;

/// <summary>Submits an ended run's recipe and parameters once more, as a new run. Answered with <see cref="RunSubmitted"/>.</summary>
/// <param name="IdempotencyKey">As in <see cref="SubmitRun"/>; a key belongs to the run that is repeated, and two retries of one run ask for the
/// same.</param>
public sealed record RetryRun(Guid Run, string? IdempotencyKey = null) : IRunMessage, IRequest<RunSubmitted>;

/// <summary>Asks for a run. Answered with <see cref="RunView"/> or a refusal.</summary>
public sealed record GetRun(Guid Run) : IRunMessage, IRequest<RunView>;
