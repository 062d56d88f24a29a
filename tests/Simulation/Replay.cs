using System.Text.Json;
using Runner.Actors;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Simulation;

/// <summary>What a history comes to, as JSON.</summary>
internal static class Replay
{
    /// <param name="events">In order; each with the time it was decided at.</param>
    /// <exception cref="ArgumentException">No such kind of entity.</exception>
    public static string State(string kind, string id, IEnumerable<(object Event, DateTimeOffset At)> events) => kind switch
    {
        EntityKinds.FlowRun => JsonSerializer.Serialize(
            FlowRunViews.View(events.Aggregate(new FlowRunState(Guid.Parse(id)), (s, e) => FlowRunTransitions.Apply(s, (IRunEvent)e.Event, e.At))),
            MessagesJson.Default.RunView),
        EntityKinds.Deployment => JsonSerializer.Serialize(
            DeploymentTransitions.ToSnapshot(
                events.Aggregate(new DeploymentState(id), (s, e) => DeploymentTransitions.Apply(s, (IDeploymentEvent)e.Event, e.At))),
            MessagesJson.Default.DeploymentSnapshot),
        EntityKinds.Limiter => Limits(id, events),
        _ => throw new ArgumentException($"There are no entities of the kind {kind}.", nameof(kind)),
    };

    private static string Limits(string id, IEnumerable<(object Event, DateTimeOffset At)> events)
    {
        var behaviour = new LimiterBehaviour();
        var state = events.Aggregate(behaviour.Initial(id), (s, e) => behaviour.Apply(s, (ILimitEvent)e.Event, e.At));
        return JsonSerializer.Serialize(state.Sizes, MessagesJson.Default.ImmutableSortedDictionaryStringInt32);
    }
}
