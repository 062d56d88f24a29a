using Akka.Actor;
using Runner.Actors.FlowRunners;
using Runner.Actors.Processes;
using Runner.Actors.Tests.Kit;
using Runner.Entities;
using Runner.Tests.Kit;
using Xunit.Abstractions;

namespace Runner.Actors.Tests.Processes;

/// <summary>How a run's child turns what it is told into what the flow runner is asked for, and when.</summary>
public sealed class ProcessActorTests : NodeWorld
{
    private static readonly AttemptKey Attempt = new(new Guid("00000000-0000-8000-8000-000000000001"), 3);
    private static readonly ProcessHandle Handle = new(4711, 99, "boot");
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    private readonly List<(object Message, IActorRef Sender)> _toRun = [];
    private readonly ProcessSpec _spec = new(Attempt, ["true"], "/", [], "{}");
    private readonly IActorRef _run;
    private bool _holds = true;

    public ProcessActorTests(ITestOutputHelper output)
        : base(output)
    {
        _run = Sys.ActorOf(
            Heard.Props(
                _toRun, ActorProducer.Props(() => new ProcessActor(3, new LocalAttempt(_spec, FlowRunner, null, 7, Processes, () => _holds)))));
        Settle();
    }

    [Fact]
    public void It_starts_and_recovers_through_the_flow_runner()
    {
        Tell(new StartProcess(3));
        Tell(new RecoverProcess(3, Handle));
        Tell(new RecoverProcess(3, null));
        Assert.Equal(["start 3", "recover 3 4711", "recover 3 unknown"], FlowRunner.New());
        Assert.All(FlowRunner.Specs, spec => Assert.Same(_spec, spec));
    }

    [Fact]
    public void A_start_waits_while_a_lease_of_the_node_is_overdue_and_a_stop_that_comes_meanwhile_is_not_forgotten()
    {
        _holds = false;
        Tell(new StartProcess(3));
        Pass(TimeSpan.FromSeconds(2));
        Assert.Empty(FlowRunner.New());
        Tell(new StopProcess(3, TimeSpan.FromSeconds(30)));
        FlowRunner.New();

        _holds = true;
        Pass(TimeSpan.FromMilliseconds(250));
        Assert.Equal(["start 3", "Terminate 3"], FlowRunner.New());
    }

    [Fact]
    public void What_the_flow_runner_reports_goes_straight_to_the_run_with_its_attempt()
    {
        Tell(new StartProcess(3));
        var outcome = new ProcessOutcome(new ProcessExit.Signaled(9), StopSent: true);
        var observer = FlowRunner[Attempt];
        observer.Started(Handle);
        observer.StartFailed(StartFailureKind.CommandNotFound, "There is none.");
        observer.NeverStarted();
        observer.Ended(outcome);
        Settle();

        Assert.Equal(
            [
                new ProcessStarted(3, Handle), new ProcessNotStarted(3, StartFailureKind.CommandNotFound, "There is none."),
                new ProcessNeverStarted(3, 7),
                new ProcessEnded(3, outcome),
            ],
            _toRun.Select(told => told.Message));
    }

    [Fact]
    public void A_stop_is_SIGTERM_and_after_the_grace_time_SIGKILL_again_and_again()
    {
        Tell(new StartProcess(3));
        FlowRunner.New();
        Tell(new StopProcess(3, TimeSpan.FromSeconds(30)));
        Assert.Equal(["Terminate 3"], FlowRunner.New());
        Pass(TimeSpan.FromSeconds(30) - Moment);
        Assert.Empty(FlowRunner.New());
        Pass(Moment);
        Assert.Equal(["Kill 3"], FlowRunner.New());

        for (var i = 0; i < 3; i++)
        {
            Pass(TimeSpan.FromSeconds(5) - Moment);
            Assert.Empty(FlowRunner.New());
            Pass(Moment);
            Assert.Equal(["Kill 3"], FlowRunner.New());
        }
    }

    [Fact]
    public void Without_a_grace_time_it_is_SIGKILL_at_once()
    {
        Tell(new StopProcess(3, TimeSpan.Zero));
        Assert.Equal(["Kill 3"], FlowRunner.New());
        Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(["Kill 3"], FlowRunner.New());
    }

    [Fact]
    public void A_shorter_grace_hurries_an_earlier_stop_and_a_longer_one_does_not_slow_it_down()
    {
        Tell(new StopProcess(3, TimeSpan.FromSeconds(60)));
        Pass(TimeSpan.FromSeconds(10));
        Tell(new StopProcess(3, TimeSpan.FromSeconds(10)));
        Assert.Equal(["Terminate 3", "Terminate 3"], FlowRunner.New());
        Pass(TimeSpan.FromSeconds(9));
        Tell(new StopProcess(3, TimeSpan.FromSeconds(10)));
        Tell(new StopProcess(3, TimeSpan.FromSeconds(90)));
        Assert.Empty(FlowRunner.New());
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(["Kill 3"], FlowRunner.New());
        // The longer time has not been waited for in any case.
        Pass(TimeSpan.FromSeconds(50));
        Assert.Equal(10, FlowRunner.New().Count(asked => asked == "Kill 3"));
    }

    [Fact]
    public void A_grace_time_of_zero_kills_at_once()
    {
        Tell(new StopProcess(3, TimeSpan.FromSeconds(60)));
        Tell(new StopProcess(3, TimeSpan.Zero));
        Assert.Equal(["Terminate 3", "Kill 3"], FlowRunner.New());
        // One SIGKILL each five seconds, and not a second row of them.
        Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(["Kill 3", "Kill 3"], FlowRunner.New());
    }

    [Fact]
    public void A_stop_is_for_a_start_that_still_waits_its_turn_too()
    {
        // The flow runner has not reported that it is alive: it keeps the stop, however long that takes.
        Tell(new StartProcess(3));
        Tell(new StopProcess(3, TimeSpan.FromSeconds(1)));
        Pass(TimeSpan.FromSeconds(11));
        Assert.Equal(["start 3", "Terminate 3", "Kill 3", "Kill 3", "Kill 3"], FlowRunner.New());
        Assert.Empty(_toRun);

        FlowRunner[Attempt].NeverStarted();
        Settle();
        Assert.Equal(new ProcessNeverStarted(3, 7), Assert.Single(_toRun).Message);
    }

    [Fact]
    public void A_process_actor_that_its_run_has_stopped_kills_no_more()
    {
        Tell(new StopProcess(3, TimeSpan.FromSeconds(1)));
        Sys.Stop(((ActorRefWithCell)_run).Children.Single());
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(["Terminate 3"], FlowRunner.New());
    }

    private void Tell(object message)
    {
        _run.Tell(new Heard.ToChild(message));
        Settle();
    }
}
