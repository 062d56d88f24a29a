using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Actors.Telemetry;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.FlowRuns;

/// <summary>No state is made, and then forgotten where it has to be known. Types the compiler asks for; this is about names.</summary>
public sealed class StateTests
{
    private static readonly DateTimeOffset At = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// What a run's trace is if it is in that state for a second after its process came alive, and what metrics count by then: the two tell states by
    /// name (<see cref="RunTrace"/>, <see cref="RunTelemetry"/>). Whoever adds a state decides what they make of it.
    /// </summary>
    private static readonly ImmutableSortedDictionary<string, string> Traces = new Dictionary<string, string>
    {
        [StateNames.Scheduled] = "run wait attempt(alive)", [StateNames.Late] = "run wait attempt(alive)",
        [StateNames.AwaitingConcurrencySlot] = "run wait attempt(alive)",
        [StateNames.AwaitingRetry] = "run wait attempt(alive) retry-delay wait",
        [StateNames.Submitting] = "run wait wait attempt",
        [StateNames.Running] = "run wait attempt(alive)",
        [StateNames.Retrying] = "run wait attempt(alive)",
        [StateNames.Stopping] = "run wait attempt(alive)",
        [StateNames.Cancelling] = "run wait attempt(alive)",
        [StateNames.Completed] = "run wait attempt(alive)",
        [StateNames.Failed] = "run wait attempt(alive)",
        [StateNames.TimedOut] = "run wait attempt(alive)",
        [StateNames.Crashed] = "run wait attempt(alive)",
        [StateNames.Cancelled] = "run wait attempt(alive)",
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    [Fact]
    public void Every_name_stands_in_the_table_once() => Assert.Equal(
        typeof(StateNames).GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!)
            .Order(StringComparer.Ordinal),
        StateNames.All.Select(s => s.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_state_has_its_part_in_a_trace()
    {
        Assert.Equal(StateNames.All.Select(s => s.Name).Order(StringComparer.Ordinal), Traces.Keys);
        Assert.All(StateNames.All, state =>
        {
            var run = new FlowRunState(Guid.Empty)
            {
                Scheduled = Scheduled, Attempt = 1, Created = At,
                History = [Step(0, "Scheduled"), Step(1, "Submitting"), Step(2, "Running"), Step(3, state.Name), Step(4, "Completed")],
            };
            Assert.Equal(Traces[state.Name], string.Join(' ', RunTrace.Spans(run).Select(s => s.AliveAt is null ? s.Name : $"{s.Name}(alive)")));
        });
    }

    [Fact]
    public void A_process_may_exist_in_a_state_in_which_it_may_exist_in_its_run()
    {
        foreach (var state in Reached())
        {
            Assert.Equal(state.HasProcess, state.Current.Type.HasProcess());
            Assert.Equal(state.Phase == RunPhase.Ended, state.Current.IsTerminal);
        }
    }

    /// <summary>A name that nothing leads to is one too many; a name of another type than the table's would be found by no list.</summary>
    [Fact]
    public void Every_state_is_led_to_by_an_event_and_is_of_its_type() =>
        Assert.Equal(StateNames.All.Order(), Reached().Select(s => (s.Current.Name, s.Current.Type)).Distinct().Order());

    private static RunScheduled Scheduled { get; } = new(
        "a/b",
        new RunRecipe(
            ["true"], "/", ImmutableSortedDictionary<string, EnvValue?>.Empty, [], null, new RetrySpec { Count = 1 }, null, TimeSpan.FromSeconds(1),
            null),
        ImmutableSortedDictionary<string, JsonElement>.Empty, At, 0, []);

    private static RunStateChange Step(int second, string name) =>
        new(second, new RunState(StateNames.All.Single(s => s.Name == name).Type, name, At.AddSeconds(second)), second == 0 ? 0 : 1, null);

    /// <summary>The states of a run after each event of lives in which everything happens.</summary>
    private static IEnumerable<FlowRunState> Reached()
    {
        var starting = new AttemptStarting(1, [new Slot("db", 0)], "n");
        var alive = new AttemptRunning(1, 42, 7, "boot");
        IEnumerable<ProcessExit> exits =
            [new ProcessExit.Exited(0), new ProcessExit.Exited(1), new ProcessExit.Signaled(9), new ProcessExit.Unknown("gone")];
        ImmutableArray<IRunEvent> begun = [Scheduled, new RunAwaitingSlot("db"), new RunLate(), starting];
        var running = begun.Add(alive);
        var again = running.AddRange(
            new AttemptRetrying(1, new(StateType.Failed, StateNames.Failed, 1, null, null), At), new AttemptStarting(2, [], "n"),
            alive with { Attempt = 2 });
        foreach (var life in Enum.GetValues<StopReason>().Select(reason => running.Add(new AttemptStopping(1, reason, null))).Append(again)
            .Append(running))
        {
            FlowRunState state = new(Guid.Empty);
            foreach (var e in life)
            {
                yield return state = FlowRunTransitions.Apply(state, e, At);
            }

            foreach (var exit in exits)
            {
                var outcome = AttemptOutcomes.Of(state, new ProcessOutcome(exit) { StopSent = state.Stopping is not null });
                yield return FlowRunTransitions.Apply(state, new RunFinished(state.Attempt, outcome), At);
            }
        }
    }
}
