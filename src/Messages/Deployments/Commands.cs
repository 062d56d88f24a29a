using System.Collections.Immutable;

namespace Runner.Messages.Deployments;

/// <summary>A command for one deployment; the name is the entity's id.</summary>
public interface IDeploymentMessage : IWireMessage
{
    /// <summary><c>flow/deployment</c>.</summary>
    string Deployment { get; }
}

/// <summary>Registers a deployment or updates it. Answered with <see cref="DeploymentRegistered"/> or a refusal.</summary>
/// <param name="DryRun">Only says what would change.</param>
public sealed record RegisterDeployment(DeploymentSpec Spec, bool DryRun = false) : IDeploymentMessage, IRequest<DeploymentRegistered>
{
    /// <inheritdoc/>
    public string Deployment => Spec.Name;
}

/// <summary>
/// Registers deployments: all are checked first and none is registered unless every one is right. Answered in the order given, or with one
/// refusal whose problems' fields begin with <c>deployments[N]</c>.
/// </summary>
/// <param name="DryRun">Only says what would change.</param>
public sealed record RegisterDeployments(ImmutableArray<DeploymentSpec> Specs, bool DryRun = false)
    : IWireMessage, IRequest<ImmutableArray<DeploymentRegistered>>;

/// <summary>Stops the schedules of a deployment until it is resumed. Answered with <see cref="DeploymentChanged"/>.</summary>
public sealed record PauseDeployment(string Deployment, PauseReason Reason = PauseReason.User) : IDeploymentMessage, IRequest<DeploymentChanged>;

/// <summary>Lets the schedules go on, from now: what came due meanwhile stays undone. Answered with <see cref="DeploymentChanged"/>.</summary>
public sealed record ResumeDeployment(string Deployment) : IDeploymentMessage, IRequest<DeploymentChanged>;

/// <summary>
/// Switches one schedule of a deployment on or off; on, it goes on from now. That lasts until a redeploy declares another <c>active</c> for it.
/// Answered with <see cref="DeploymentChanged"/> or a refusal.
/// </summary>
public sealed record SwitchSchedule(string Deployment, string Schedule, bool Active) : IDeploymentMessage, IRequest<DeploymentChanged>;

/// <summary>Ends the schedules and forgets the recipe; finished runs stay readable. Answered with <see cref="DeploymentChanged"/>.</summary>
public sealed record DeleteDeployment(string Deployment, RunsOnDelete Runs = RunsOnDelete.Keep) : IDeploymentMessage, IRequest<DeploymentChanged>;

/// <summary>Asks for a deployment. Answered with <see cref="DeploymentView"/> or a refusal.</summary>
public sealed record GetDeployment(string Deployment) : IDeploymentMessage, IRequest<DeploymentView>;

/// <summary>Who paused a deployment.</summary>
public enum PauseReason
{
    /// <summary>A person or a program; lasts until it is resumed.</summary>
    User,

    /// <summary>The node that served it was stopped; lasts until it is served again.</summary>
    Shutdown,
}

/// <summary>What a deletion does with runs that have not ended.</summary>
public enum RunsOnDelete
{
    /// <summary>They go on and waiting ones will start, within the limits that they were made under.</summary>
    Keep,

    /// <summary>They are cancelled.</summary>
    Cancel,
}

/// <summary>What registering did.</summary>
public enum RegistrationOutcome
{
    Created,
    Changed,
    Unchanged,
}

/// <summary>Answer to <see cref="RegisterDeployment"/>.</summary>
/// <param name="Changes">The names of the fields that changed, as the deployment file spells them.</param>
/// <param name="NextRun">When it is due next; null if it never is or is paused.</param>
public sealed record DeploymentRegistered(
    string Name, RegistrationOutcome Outcome, ImmutableArray<string> Changes, DateTimeOffset? NextRun, bool Paused) : IWireMessage;

/// <summary>Answer to pausing, resuming and deleting.</summary>
/// <param name="Changed">False if it was so already.</param>
public sealed record DeploymentChanged(string Name, bool Changed) : IWireMessage;

/// <summary>A deployment as it stands.</summary>
public sealed record DeploymentView(
    DeploymentSpec Spec,
    bool Paused,
    PauseReason? PausedBy,
    DateTimeOffset RegisteredAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? NextRun,
    ImmutableArray<ScheduleView> Schedules) : IWireMessage;

/// <summary>A schedule as it stands.</summary>
/// <param name="Active">As declared, or as somebody has switched it since.</param>
/// <param name="Next">When it is due next, without jitter; empty if it never is.</param>
/// <param name="Problem">Why it cannot say when it is due, e.g. a time zone this machine has lost; null if all is well.</param>
/// <param name="Runs">How many runs it has made.</param>
/// <param name="MaxRuns">How many it makes in its life; null for no bound.</param>
/// <param name="Ended">Why it is never due again, e.g. that its end is past; null if it has not come to its end.</param>
public sealed record ScheduleView(
    string Id, string Description, bool Active, ImmutableArray<DateTimeOffset> Next, string? Problem, long Runs = 0, long? MaxRuns = null,
    string? Ended = null);

/// <summary>A deployment in a list.</summary>
public sealed record DeploymentSummary(
    string Name, string? Description, string? Version, ImmutableArray<string> Tags, bool Paused, DateTimeOffset? NextRun, DateTimeOffset UpdatedAt);
