using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Actors.Tests;

/// <summary>No event is made, and then forgotten where it has to be known.</summary>
public sealed class EventTests
{
    private static readonly Guid Run = new("00000000-0000-8000-8000-000000000001");
    private static readonly DateTimeOffset At = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly AttemptOutcome Failure = new(StateType.Failed, StateNames.Failed, 1, null, null);

    /// <summary>One of each, in an order in which a run may have them.</summary>
    private static readonly ImmutableArray<IRunEvent> OfRuns =
    [
        new RunScheduled(
            "flow/d",
            new RunRecipe(
                ["true"], "/", ImmutableSortedDictionary<string, EnvValue?>.Empty, ["db"], null, new RetrySpec(), null, TimeSpan.Zero, null),
            ImmutableSortedDictionary<string, JsonElement>.Empty, At, 0, []),
        new RunAwaitingSlot("db"),
        new RunAwaitingSlot("db", [new Slot("deployment:flow/d", 0)]),
        new RunLate(),
        new AttemptStarting(1, [new Slot("db", 0)], "n"),
        new AttemptRunning(1, 42, 7, "boot"),
        new AttemptStopping(1, StopReason.Timeout, "because"),
        new AttemptRetrying(1, Failure, At.AddMinutes(1)),
        new RunFinished(1, Failure),
    ];

    private static readonly DeploymentSpec Spec =
        new() { Name = "flow/d", Command = ["true"], Workdir = "/", Schedules = [new() { Id = "s", Interval = TimeSpan.FromMinutes(1) }] };

    private static readonly ImmutableArray<IDeploymentEvent> OfDeployments =
    [
        new DeploymentDeclared(Spec, [new("s", At)], Paused: false),
        new OccurrencesEmitted([new("s", At.AddMinutes(1), Run)], [new("s", At.AddMinutes(1), 1)]),
        new ScheduleSwitched("s", Active: false, At.AddMinutes(2)),
        new DeploymentPaused(PauseReason.User),
        new DeploymentResumed(At.AddMinutes(3)),
        new DeploymentDeleted(RunsOnDelete.Cancel),
        new DeletedRunsCancelled(),
    ];

    private static readonly ImmutableArray<ILimitEvent> OfLimits = [new LimitSet("db", 2), new LimitEnding("db"), new LimitDeleted("db")];

    [Fact]
    public void Every_event_is_catalogued_and_nothing_else_is() => Assert.Equal(
        Types<IRunEvent>().Concat(Types<IDeploymentEvent>()).Concat(Types<ILimitEvent>()).OrderBy(t => t.Name, StringComparer.Ordinal),
        EventCatalog.Types.OrderBy(t => t.Name, StringComparer.Ordinal));

    [Fact]
    public void Every_event_of_a_run_changes_it() => Changes(OfRuns, new FlowRunState(Run), (state, e) =>
    {
        var after = FlowRunTransitions.Apply(state, e, At);
        return (after, !(after with { Sequence = state.Sequence }).Equals(state));
    });

    [Fact]
    public void Every_event_of_a_deployment_changes_it() => Changes(OfDeployments, new DeploymentState("flow/d"), (state, e) =>
    {
        var after = DeploymentTransitions.Apply(state, e, At);
        return (after, !after.Equals(state));
    });

    [Fact]
    public void Every_event_of_the_limits_changes_them()
    {
        var behaviour = new LimiterBehaviour();
        Changes(OfLimits, behaviour.Initial("limiter"), (state, e) =>
        {
            var after = behaviour.Apply(state, e, At);
            return (after, !after.Sizes.SequenceEqual(state.Sizes));
        });
    }

    /// <summary>A journal is damaged, or somebody has forgotten to say what an event means: neither is passed over.</summary>
    [Fact]
    public void An_event_that_nobody_applies_is_said_by_name()
    {
        Assert.Contains(nameof(Forgotten), Assert.Throws<InvalidOperationException>(() =>
            FlowRunTransitions.Apply(new FlowRunState(Run), new Forgotten(), At)).Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Forgotten), Assert.Throws<InvalidOperationException>(() =>
            DeploymentTransitions.Apply(new DeploymentState("flow/d"), new Forgotten(), At)).Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Forgotten), Assert.Throws<InvalidOperationException>(() => new LimiterBehaviour()
            .Apply(new LimiterBehaviour().Initial("limiter"), new Forgotten(), At)).Message, StringComparison.Ordinal);
    }

    private static void Changes<TEvent, TState>(ImmutableArray<TEvent> events, TState state, Func<TState, TEvent, (TState, bool)> apply)
    {
        Assert.Equal(Types<TEvent>(), events.Select(e => e!.GetType()).Distinct().OrderBy(t => t.Name, StringComparer.Ordinal));
        foreach (var e in events)
        {
            (state, var changed) = apply(state, e);
            Assert.True(changed, $"{e!.GetType().Name} changes nothing");
        }
    }

    private static IEnumerable<Type> Types<T>() =>
        typeof(T).Assembly.GetTypes().Where(t => t is { IsInterface: false, IsAbstract: false } && t.IsAssignableTo(typeof(T)))
            .OrderBy(t => t.Name, StringComparer.Ordinal);

    private sealed record Forgotten : IRunEvent, IDeploymentEvent, ILimitEvent;
}
