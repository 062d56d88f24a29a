using System.Collections.Immutable;
using Akka.Actor;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Members;
using Runner.Actors.Nodes;
using Runner.Actors.Processes;
using Runner.Actors.Retention;
using Runner.Actors.Tests.Kit;
using Runner.Entities;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Tests.Kit;
using Xunit.Abstractions;

namespace Runner.Actors.Tests.Nodes;

/// <summary>A run's actor on one node and its program on another: what is asked, asked again, told, and forgotten.</summary>
public sealed class RemoteAttemptTests : NodeWorld
{
    private const string There = "node-2";
    private static readonly Guid Run = new("00000000-0000-8000-8000-000000000001");
    private static readonly AttemptKey Attempt = new(Run, 1);
    private static readonly ProcessHandle Handle = new(4711, 99, "boot");
    private static readonly ImmutableArray<Slot> Slots = [new("db", 0), new(LimitNames.Node(There), 0)];
    private static readonly ProcessOutcome Well = new(new ProcessExit.Exited(0));

    private readonly RecordingFlowRunner _flowRunner = new();
    private readonly NodeParts _parts;
    private readonly IActorRef _node;

    public RemoteAttemptTests(ITestOutputHelper output)
        : base(output)
    {
        var settings = new NodeSettings(There, 10, _ => [new("RUNNER_API_URL", "http://there")]) { StoreIsShared = true };
        _parts = new NodeParts(settings, Store, _flowRunner, Time, NodeLog);
        _parts.Begin(Sys, Router);
        _node = Sys.ActorOf(NodeHosting.NodeProps(_parts, peers: null), NodeActor.Name);
        Settle();
    }

    private protected override bool IsShared => true;

    [Fact]
    public void The_program_starts_on_the_node_that_was_granted_and_its_end_is_the_runs()
    {
        IsHere();
        Begin();
        Assert.Equal(["start 1"], _flowRunner.New());
        Assert.Empty(FlowRunner.New());
        // Its variables lead to the node that it is on.
        Assert.Contains(new("RUNNER_API_URL", "http://there"), Assert.Single(_flowRunner.Specs).Environment);
        Assert.Equal([Run], _parts.Processes.Runs);
        Assert.Empty(Processes.Runs);

        Report(o => o.Started(Handle));
        Assert.Equal((StateNames.Running, There), (View().State.Name, View().Node));
        Report(o => o.Ended(Well));

        Assert.Equal(StateNames.Completed, View().State.Name);
        Assert.Equal(["forget 1"], _flowRunner.New());
        Assert.Empty(_parts.Processes.Runs);
    }

    [Fact]
    public void What_is_in_memory_of_runs_that_were_deleted_on_another_node_is_told()
    {
        var (deleted, other) = (CreateTestProbe(), CreateTestProbe());
        _parts.Entities.Residents.Add(Key(Run), deleted);
        _parts.Entities.Residents.Add(Key(Guid.Empty), other);
        _node.Tell(new RunsErased([Key(Run).Id, "nobody"]));
        Settle();
        deleted.ExpectMsg<EntityErased>();
        other.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A_start_that_did_not_arrive_is_found_out_and_made_good()
    {
        Begin();
        Assert.Empty(_flowRunner.New());

        IsHere();
        Pass(TimeSpan.FromSeconds(5));
        Assert.Equal("recover 1 unknown", _flowRunner.New()[0]);
        Report(o => o.NeverStarted());

        Assert.Equal(["run.scheduled", "run.attempt-starting", "run.attempt-starting"], Events(Key(Run)));
        Assert.Equal(["start 1"], _flowRunner.New());
        Report(o => o.Started(Handle));
        Assert.Equal(StateNames.Running, View().State.Name);
    }

    [Fact]
    public void A_start_that_arrives_when_its_attempt_is_over_starts_nothing()
    {
        IsHere();
        Begin();
        Report(o => o.StartFailed(StartFailureKind.CommandNotFound, "There is no such program."));
        Assert.Contains("forget 1", _flowRunner.New());

        // Under way for longer than that took: what could not be started has left no trace.
        _node.Tell(new StartAttempt(Run, 1, Recipe()), ActorRefs.NoSender);
        Settle();
        Assert.Empty(_flowRunner.New());

        // A run of the same id may come again, once this one is deleted.
        Pass(TimeSpan.FromMinutes(1));
        _node.Tell(new StartAttempt(Run, 1, Recipe()), ActorRefs.NoSender);
        Settle();
        Assert.Equal(["start 1"], _flowRunner.New());
    }

    [Fact]
    public void A_start_that_arrives_when_its_attempt_was_found_not_to_be_started_starts_nothing()
    {
        IsHere();
        Begin();
        _flowRunner.New();
        Report(o => o.NeverStarted());
        // Its run begins it once more.
        Assert.Equal(["start 1"], _flowRunner.New());
        Report(o => o.NeverStarted());
        Assert.Equal(["start 1"], _flowRunner.New());

        // The ones before come late, from where its actor was then.
        _node.Tell(new StartAttempt(Run, 1, Recipe(), 2), ActorRefs.NoSender);
        _node.Tell(new StartAttempt(Run, 1, Recipe(), 3), ActorRefs.NoSender);
        Settle();
        Assert.Empty(_flowRunner.New());
        _node.Tell(new StartAttempt(Run, 1, Recipe(), 4), ActorRefs.NoSender);
        Settle();
        Assert.Equal(["start 1"], _flowRunner.New());
    }

    [Fact]
    public void A_start_that_waited_while_its_node_stood_still_starts_nothing()
    {
        var said = _parts.Nodes.Own.SaidAt;
        Pass(TimeSpan.FromSeconds(10));
        _node.Tell(new StartAttempt(Run, 1, Recipe()) { HeardAt = said }, ActorRefs.NoSender);
        Settle();
        Assert.Equal(["start 1"], _flowRunner.New());

        Pass(TimeSpan.FromMilliseconds(100));
        _node.Tell(new StartAttempt(Run, 2, Recipe()) { HeardAt = said }, ActorRefs.NoSender);
        Settle();
        Assert.Empty(_flowRunner.New());
        Assert.True(_parts.Nodes.Own.SaidAt > said + TimeSpan.FromSeconds(9));
    }

    [Fact]
    public void A_grant_on_a_node_that_is_gone_is_declined_and_asked_for_anew()
    {
        IsHere();
        Nodes.Remove(_node.Path.Address);
        Begin();

        Assert.Equal(["run.scheduled"], Events(Key(Run)));
        var told = NewAtLimiter();
        Assert.Equal(Slots.AsEnumerable(), Assert.Single(told.OfType<SlotsDeclined>()).Slots);
        Assert.IsType<AcquireSlots>(told[^1]);

        // It is back, and is granted once more.
        IsHere();
        Tell(Key(Run), new SlotsGranted(Run, Slots, Node: There));
        Assert.Equal(["start 1"], _flowRunner.New());
    }

    [Fact]
    public void A_run_that_has_started_says_that_it_has_its_slots_when_it_is_to_ask_for_them_again()
    {
        IsHere();
        Begin();
        NewAtLimiter();
        Tell(Key(Run), new SlotsConflicted(Run));
        Assert.Equal(Slots.AsEnumerable(), Assert.IsType<SlotsTaken>(Assert.Single(NewAtLimiter())).Slots);
    }

    [Fact]
    public void A_run_that_is_gone_says_that_it_waits_for_nothing()
    {
        Tell(Key(Run), new SlotsRefused(Run, "db"));
        Assert.IsType<StopWaiting>(Assert.Single(NewAtLimiter()));
    }

    [Fact]
    public void A_node_that_is_back_is_asked_for_the_process_that_it_had()
    {
        IsHere();
        Begin();
        Report(o => o.Started(Handle));
        Nodes.Remove(_node.Path.Address);
        Pass(TimeSpan.FromSeconds(20));
        _flowRunner.New();

        // Its program may have ended meanwhile: without its handle nobody could tell that it had ever begun.
        IsHere();
        Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(["recover 1 4711"], _flowRunner.New());
    }

    [Theory]
    [InlineData(NodeLossAction.Wait, "the run goes on when it is back.")]
    [InlineData(NodeLossAction.Retry, "if it is not back after 1m20s, the run is tried again on another.")]
    [InlineData(NodeLossAction.Crash, "if it is not back after 1m20s, the run has crashed.")]
    public void Whoever_looks_at_a_run_whose_node_is_gone_reads_what_that_means(NodeLossAction action, string then)
    {
        IsHere();
        Begin(Recipe() is var recipe ? recipe with
        {
            Recipe = recipe.Recipe with { OnNodeLoss = new NodeLossSpec(action, TimeSpan.FromSeconds(20)), StopGrace = TimeSpan.FromSeconds(30) },
        } : null);
        Report(o => o.Started(Handle));
        Assert.Null(View().State.Message);
        Nodes.Remove(_node.Path.Address);
        Assert.Equal($"Node {There}, where it is executed, is no member of the cluster now: {then}", View().State.Message);
        IsHere();
        Assert.Null(View().State.Message);
    }

    [Fact]
    public void A_run_that_moves_goes_on_with_its_program()
    {
        IsHere();
        Begin();
        Report(o => o.Started(Handle));
        _flowRunner.New();

        Router.HandOver(EntityKinds.FlowRun);
        Settle();
        Tell(Key(Run), WakeUpNow.Instance);

        Assert.Equal(["recover 1 4711"], _flowRunner.New());
        Report(o => o.Ended(Well));
        Assert.Equal(StateNames.Completed, View().State.Name);
    }

    [Fact]
    public void An_end_that_is_told_to_a_run_taken_for_new_is_the_runs()
    {
        IsHere();
        Begin();
        Report(o => o.Started(Handle));
        Router.HandOver(EntityKinds.FlowRun);
        Settle();
        // The message that made it has come here once more.
        Services.New.Add(Key(Run));
        _flowRunner.New();

        Report(o => o.Ended(Well));

        Assert.Equal((StateNames.Completed, 0), (View().State.Name, View().ExitCode));
        Assert.Equal("forget 1", _flowRunner.New()[^1]);
    }

    [Fact]
    public void An_end_that_nobody_has_heard_is_said_until_somebody_has()
    {
        IsHere();
        Begin();
        Report(o => o.Started(Handle));
        Router.NotHere.Add(EntityKinds.FlowRun);
        Report(o => o.Ended(Well));
        Router.NotHere.Clear();
        _flowRunner.New();

        Pass(TimeSpan.FromSeconds(30));

        Assert.Equal(StateNames.Completed, View().State.Name);
        Assert.Contains("forget 1", _flowRunner.New());
        Assert.Empty(_parts.Processes.Runs);
        Pass(TimeSpan.FromMinutes(5));
        Assert.Empty(_flowRunner.New());
    }

    [Fact]
    public void What_a_run_has_left_behind_is_forgotten_when_it_is_said_again()
    {
        IsHere();
        Begin();
        Report(o => o.Started(Handle));
        // The word that it is durable is lost.
        Nodes.Remove(_node.Path.Address);
        Nodes.Set(Says, ActorRefs.Nobody);
        Report(o => o.Ended(Well));
        Assert.Equal(StateNames.Completed, View().State.Name);
        Assert.DoesNotContain("forget 1", _flowRunner.New());

        Pass(TimeSpan.FromSeconds(30));

        Assert.Contains("forget 1", _flowRunner.New());
        Assert.Empty(_parts.Processes.Runs);
    }

    [Fact]
    public void A_cancel_reaches_the_program_wherever_it_is_also_once_its_node_is_back()
    {
        IsHere();
        Begin();
        Report(o => o.Started(Handle));
        Nodes.Set(Says, ActorRefs.Nobody);
        _flowRunner.New();
        Get(Key(Run), new CancelRun(Run));
        Assert.Empty(_flowRunner.New());

        IsHere();
        Pass(TimeSpan.FromSeconds(5));
        Assert.Contains("Terminate 1", _flowRunner.New());
        Pass(TimeSpan.FromSeconds(7));
        Assert.Contains("Kill 1", _flowRunner.New());
        Report(o => o.Ended(new ProcessOutcome(new ProcessExit.Signaled(9), StopSent: true)));

        Assert.Equal(StateNames.Cancelled, View().State.Name);
    }

    [Fact]
    public void A_node_that_stops_ends_what_it_has_and_nothing_else()
    {
        IsHere();
        Begin();
        Report(o => o.Started(Handle));
        _flowRunner.New();

        Tell(Key(Run), new StopForShutdown(StopMode.Graceful, Node));
        Assert.Empty(_flowRunner.New());
        Tell(Key(Run), new StopForShutdown(StopMode.Graceful, There));
        Assert.Equal(["Terminate 1"], _flowRunner.New());
    }

    [Fact]
    public void A_node_that_is_being_stopped_begins_nothing_and_says_later_that_it_did_not()
    {
        IsHere();
        _parts.Processes.Close();
        Begin();
        Pass(TimeSpan.FromSeconds(10));
        Assert.Empty(_flowRunner.New());
        Assert.Equal(StateNames.Submitting, View().State.Name);
    }

    [Theory]
    [InlineData(NodeLossAction.Wait, "Running")]
    [InlineData(NodeLossAction.Retry, "AwaitingRetry")]
    [InlineData(NodeLossAction.Crash, "Crashed")]
    public void A_lost_node_is_waited_for_or_the_run_is_tried_again_or_crashes_as_its_deployment_says(NodeLossAction action, string state)
    {
        IsHere();
        Begin(Recipe() is var recipe ? recipe with
        {
            Recipe = recipe.Recipe with { OnNodeLoss = new NodeLossSpec(action, TimeSpan.FromSeconds(20)), StopGrace = TimeSpan.FromSeconds(10) },
        } : null);
        Report(o => o.Started(Handle));
        Pass(TimeSpan.FromHours(1));
        Assert.Equal(StateNames.Running, View().State.Name);

        Nodes.Remove(_node.Path.Address);
        // Its 20 s, the grace time and the 30 s of the margin; it is looked every 5 s.
        Pass(TimeSpan.FromSeconds(59));
        Assert.Equal(StateNames.Running, View().State.Name);
        Pass(TimeSpan.FromSeconds(7));
        Assert.Equal(state, View().State.Name);
    }

    [Fact]
    public void A_node_that_is_back_in_time_goes_on()
    {
        IsHere();
        Begin(Recipe() is var recipe ? recipe with { Recipe = recipe.Recipe with { OnNodeLoss = new NodeLossSpec(NodeLossAction.Retry) } } : null);
        Report(o => o.Started(Handle));
        for (var i = 0; i < 3; i++)
        {
            Nodes.Remove(_node.Path.Address);
            Pass(TimeSpan.FromSeconds(40));
            IsHere();
            Pass(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(StateNames.Running, View().State.Name);
    }

    [Fact]
    public void A_node_that_is_back_in_the_last_moment_is_not_taken_for_lost()
    {
        IsHere();
        Begin(Recipe() is var recipe ? recipe with
        {
            Recipe = recipe.Recipe with { OnNodeLoss = new NodeLossSpec(NodeLossAction.Retry, TimeSpan.FromSeconds(20)), StopGrace = TimeSpan.Zero },
        } : null);
        Report(o => o.Started(Handle));
        // The next look is between 0 and 5 s after this, and the node is lost 50 s after that look.
        Nodes.Remove(_node.Path.Address);
        Pass(TimeSpan.FromSeconds(50) - TimeSpan.FromMilliseconds(50));
        IsHere();
        Pass(TimeSpan.FromMinutes(1));

        Assert.Equal(StateNames.Running, View().State.Name);
    }

    private NodeHere Says => _parts.Nodes.Own;

    /// <summary>The run's node hears of the other one.</summary>
    private void IsHere() => Nodes.Set(Says, _node);

    private void Begin(RunScheduled? run = null)
    {
        Ask(Key(Run), new CreateRun(Run, run ?? Recipe(), HasFreshId: true));
        Settle();
        Services.Residents.Find(Key(Run))!.Tell(new SlotsGranted(Run, Slots, Node: There), Limiter);
        Settle();
    }

    private void Report(Action<IProcessObserver> report)
    {
        report(_flowRunner[Attempt]);
        Settle();
        Pass(TimeSpan.FromMilliseconds(10));
    }

    private RunView View() => Assert.IsType<RunView>(Get(Key(Run), new GetRun(Run)));
}
