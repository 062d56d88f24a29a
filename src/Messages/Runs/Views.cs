using System.Collections.Immutable;
using System.Text.Json;

namespace Runner.Messages.Runs;

/// <summary>A run in a list.</summary>
public sealed record RunSummary(
    Guid Id,
    string Deployment,
    RunState State,
    DateTimeOffset Due,
    DateTimeOffset Created,
    DateTimeOffset? Started,
    DateTimeOffset? Ended,
    int Attempt,
    int Priority,
    int? ExitCode,
    string? Schedule,
    ImmutableArray<string> Tags,
    string? WaitingFor,
    string? Name = null);

/// <summary>A run as it stands.</summary>
/// <param name="StartAt">When it starts, if its schedule's jitter puts that after <paramref name="Due"/>; null is when it is due.</param>
public sealed record RunView(
    Guid Id,
    string Deployment,
    RunState State,
    long Sequence,
    DateTimeOffset Due,
    DateTimeOffset Created,
    DateTimeOffset? Started,
    DateTimeOffset? Ended,
    int Attempt,
    int MaxAttempts,
    int Priority,
    int? ExitCode,
    int? Signal,
    string? Schedule,
    Guid? RetryOf,
    ImmutableArray<string> Tags,
    ImmutableSortedDictionary<string, JsonElement> Parameters,
    ImmutableArray<string> Command,
    string Workdir,
    string? WaitingFor,
    ImmutableArray<Slot> Slots,
    string? Node,
    int? Pid,
    JsonElement? Result,
    ImmutableArray<RunStateChange> History,
    DateTimeOffset? StartAt = null,
    string? Name = null,
    string? Shell = null) : IWireMessage;

/// <summary>One step of a run's history, and one server-sent event of its stream.</summary>
/// <param name="Sequence">The number of the run's event that caused it: the position to resume a stream from.</param>
/// <param name="Attempt">0 before the first.</param>
/// <param name="Node">Where the attempt is executed that begins here; null in every other step.</param>
public sealed record RunStateChange(long Sequence, RunState State, int Attempt, int? ExitCode = null, string? Node = null);

/// <summary>A page of runs, newest first.</summary>
/// <param name="Next">Pass as <c>after</c> for the next page; null if this is the last.</param>
public sealed record RunPage(ImmutableArray<RunSummary> Items, string? Next) : Http.IPage<RunSummary>, IWireMessage;

/// <summary>A page of deployments by name.</summary>
public sealed record DeploymentPage(ImmutableArray<Deployments.DeploymentSummary> Items, string? Next)
    : Http.IPage<Deployments.DeploymentSummary>, IWireMessage;

/// <summary>
/// Which runs to list. Null means any; all of it combines.
/// Answered with <see cref="RunPage"/> or a refusal.
/// </summary>
/// <param name="State">A state name or type, in any case.</param>
/// <param name="Since">Created at or after.</param>
/// <param name="Limit">1 to 1,000.</param>
/// <param name="Name">Of this name.</param>
/// <param name="Parameter">
/// <c>NAME=VALUE</c>: with this value of a parameter that is a text, a number or a truth value. The first 20 parameters of a run by name are known,
/// each up to 200 characters.
/// </param>
public sealed record ListRuns(
    string? State = null, string? Deployment = null, string? Tag = null, DateTimeOffset? Since = null, int Limit = Http.Pages.Runs,
    string? After = null, string? Name = null, string? Parameter = null)
    : IWireMessage, IRequest<RunPage>;

/// <summary>Which deployments to list. Answered with <see cref="DeploymentPage"/> or a refusal.</summary>
public sealed record ListDeployments(string? Tag = null, int Limit = Http.Pages.Deployments, string? After = null)
    : IWireMessage, IRequest<DeploymentPage>;

/// <summary>
/// Asks for the steps of a run's history after one of them, in order, at most 1,000. Answered with them, with none if there are no more,
/// or with a refusal.
/// </summary>
/// <param name="AfterSequence">The <see cref="RunStateChange.Sequence"/> of the last step that is known; 0 for all.</param>
public sealed record GetRunHistory(Guid Run, long AfterSequence) : IWireMessage, IRequest<ImmutableArray<RunStateChange>>;
