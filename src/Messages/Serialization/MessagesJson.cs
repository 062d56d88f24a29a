using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;

namespace Runner.Messages.Serialization;

/// <summary>The JSON of every message, generated at build time: camel case, names for enums, nulls left out, durations as texts.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters = [typeof(DurationConverter)])]
[JsonSerializable(typeof(DeploymentSpec))]
[JsonSerializable(typeof(PruneRuns))]
[JsonSerializable(typeof(PruneReport))]
[JsonSerializable(typeof(ImmutableArray<DeploymentSpec>))]
[JsonSerializable(typeof(RegisterDeployment))]
[JsonSerializable(typeof(DeploymentRegistered))]
[JsonSerializable(typeof(ImmutableArray<DeploymentRegistered>))]
[JsonSerializable(typeof(DeploymentChanged))]
[JsonSerializable(typeof(DeploymentView))]
[JsonSerializable(typeof(DeploymentPage))]
[JsonSerializable(typeof(SubmitRun))]
[JsonSerializable(typeof(CancelRun))]
[JsonSerializable(typeof(RetryRun))]
[JsonSerializable(typeof(RunSubmitted))]
[JsonSerializable(typeof(RunCancelAccepted))]
[JsonSerializable(typeof(RunView))]
[JsonSerializable(typeof(RunPage))]
[JsonSerializable(typeof(RunStateChange))]
[JsonSerializable(typeof(SetLimit))]
[JsonSerializable(typeof(LimitChanged))]
[JsonSerializable(typeof(LimitPage))]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(NodeInfo))]
[JsonSerializable(typeof(ImmutableArray<Problem>))]
[JsonSerializable(typeof(ImmutableSortedDictionary<string, JsonElement>))]
[JsonSerializable(typeof(ImmutableSortedDictionary<string, int>))]
[JsonSerializable(typeof(DeploymentSnapshot))]
[JsonSerializable(typeof(ScheduleSpec))]
[JsonSerializable(typeof(DeploymentDeclared))]
[JsonSerializable(typeof(DeploymentPaused))]
[JsonSerializable(typeof(DeploymentResumed))]
[JsonSerializable(typeof(OccurrencesEmitted))]
[JsonSerializable(typeof(ScheduleSwitched))]
[JsonSerializable(typeof(DeploymentDeleted))]
[JsonSerializable(typeof(DeletedRunsCancelled))]
[JsonSerializable(typeof(RunScheduled))]
[JsonSerializable(typeof(RunLate))]
[JsonSerializable(typeof(RunAwaitingSlot))]
[JsonSerializable(typeof(AttemptStarting))]
[JsonSerializable(typeof(AttemptRunning))]
[JsonSerializable(typeof(AttemptStopping))]
[JsonSerializable(typeof(AttemptRetrying))]
[JsonSerializable(typeof(RunFinished))]
[JsonSerializable(typeof(LimitSet))]
[JsonSerializable(typeof(LimitDeleted))]
public sealed partial class MessagesJson : JsonSerializerContext;
