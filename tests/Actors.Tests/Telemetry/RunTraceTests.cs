using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Processes;
using Runner.Actors.Telemetry;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Telemetry;

/// <summary>The trace of a run, from its history.</summary>
public sealed class RunTraceTests
{
    private static readonly Guid Id = new("0192f0c1-1111-7222-8333-444455556666");
    private static readonly DateTimeOffset Due = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly FlowRunBehaviour Behaviour = new("n");

    [Fact]
    public void A_run_that_is_retried_has_a_span_for_every_wait_attempt_and_delay()
    {
        var run = Live(
            (-60, new CreateRun(Id, Scheduled(1, 10))), (2, new SlotsGranted(Id, [])), (3, Started(1)), (5, Exited(1, 1)),
            (18, new SlotsGranted(Id, [])), (19, Started(2)), (25, Exited(2, 0)));

        Assert.Equal(
            ["run 0-25 Completed", "wait 0-2", "attempt 2-5 AwaitingRetry", "retry-delay 5-15", "wait 15-18", "attempt 18-25 Completed"],
            RunTrace.Spans(run).Select(Text));
    }

    [Fact]
    public void A_run_that_is_cancelled_before_it_is_due_lasts_from_its_making() =>
        Assert.Equal(
            ["run -60--30 Cancelled"], RunTrace.Spans(Live((-60, new CreateRun(Id, Scheduled(0, 0))), (-30, new CancelRun(Id)))).Select(Text));

    [Fact]
    public void A_run_that_is_cancelled_while_it_waits_has_waited() =>
        Assert.Equal(
            ["run 0-30 Cancelled", "wait 0-30"],
            RunTrace.Spans(Live((-60, new CreateRun(Id, Scheduled(0, 0))), (1, new SlotsRefused(Id, "db")), (30, new CancelRun(Id)))).Select(Text));

    [Fact]
    public void A_run_emits_one_trace_under_its_own_id_and_is_no_child_of_what_happens_to_be_going_on()
    {
        using var source = new ActivitySource("Runner.Actors.Tests.RunTrace");
        var seen = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => ReferenceEquals(s, source),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = seen.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using var outer = new Activity("outer").Start();

        new RunTracer(source, "n")
            .Emit(Live((0, new CreateRun(Id, Scheduled(0, 0))), (1, new SlotsGranted(Id, [])), (2, Started(1)), (3, Exited(1, 7))));

        Assert.Same(outer, Activity.Current);
        Assert.All(seen, a => Assert.Equal(Id.ToString("N"), a.TraceId.ToHexString()));
        var root = seen.Single(a => a.OperationName == "run");
        Assert.Equal(default, root.ParentSpanId);
        Assert.Equal(Due.UtcDateTime, root.StartTimeUtc);
        Assert.Equal(TimeSpan.FromSeconds(3), root.Duration);
        Assert.Equal(ActivityStatusCode.Error, root.Status);
        Assert.All(seen.Where(a => a != root), a => Assert.Equal(root.SpanId, a.ParentSpanId));
        Assert.Equal(3, seen.Count);
    }

    private static string Text(RunSpan span) =>
        $"{span.Name} {(span.Start - Due).TotalSeconds}-{(span.End - Due).TotalSeconds}{(span.Step is { } step ? " " + step.State.Name : "")}";

    private static FlowRunState Live(params (int Second, object Message)[] messages)
    {
        var state = Behaviour.Initial(Id.ToString("D"));
        foreach (var (second, message) in messages)
        {
            var now = Due.AddSeconds(second);
            foreach (var e in Behaviour.Decide(state, message, now).Events)
            {
                state = Behaviour.Apply(state, e, now);
            }
        }

        return state;
    }

    private static ProcessStarted Started(int attempt) => new(attempt, new ProcessHandle(42, 7, "boot"));

    private static ProcessEnded Exited(int attempt, int code) => new(attempt, new ProcessOutcome(new ProcessExit.Exited(code)));

    private static RunScheduled Scheduled(int retries, int delay) => new(
        "a/b",
        new RunRecipe(["true"], "/", ImmutableSortedDictionary<string, EnvValue?>.Empty, [], null,
            new RetrySpec { Count = retries, Delay = TimeSpan.FromSeconds(delay) }, null, TimeSpan.FromSeconds(1), null),
        ImmutableSortedDictionary<string, JsonElement>.Empty, Due, 0, []);
}
