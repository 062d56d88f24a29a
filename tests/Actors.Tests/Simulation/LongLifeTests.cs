using Runner.Entities;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Runner.Engine.Entities;
using Runner.Engine.Simulation;
using Runner.Entities.Store;
using Runner.Persistence.InMemory;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Serilog.Core;

namespace Runner.Actors.Tests.Simulation;

/// <summary>A deployment that runs every minute, for a week of virtual time; the bench has the whole year.</summary>
public sealed class LongLifeTests : IAsyncDisposable
{
    private const int Days = 7;
    private const string Deployment = "long/minutely";
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 30, TimeSpan.Zero);

    private readonly SimulatedRuntime _world = new(7, Begin);
    private readonly InMemoryEntityStore _store = new(Tables.All);
    private readonly RunnerNode _node;
    private int _completed;

    public LongLifeTests()
    {
        var runtime = _world.Runtime;
        _node = RunnerNode.Start(runtime, _store, new SecondLongPrograms(runtime.Timers), new NodeSettings("node-1", 10, _ => []), Logger.None);
        _node.Subscribe(change => _completed += change.Change.State.Type == StateType.Completed ? 1 : 0);
        _ = _node.RegisterAsync(
            [new DeploymentSpec { Name = Deployment, Command = ["/bin/true"], Workdir = "/", Schedules = [new ScheduleSpec { Cron = "* * * * *" }] }],
            dryRun: false, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public void Runs_that_have_ended_are_not_in_memory_however_many_there_were()
    {
        for (var day = 1; day <= Days; day++)
        {
            _world.RunUntil(Begin.AddDays(day));
            Assert.Equal(0, RunsInMemory());
            Assert.Equal(day * 24 * 60, _completed);
        }

        _world.RunUntil(Begin.AddDays(Days).AddSeconds(30.5));
        Assert.Equal(1, RunsInMemory());
    }

    [Fact]
    public async Task What_is_read_to_recover_the_deployment_does_not_grow_with_its_past()
    {
        _world.RunUntil(Begin.AddDays(1));
        var early = await Read();
        _world.RunUntil(Begin.AddDays(Days));
        var late = await Read();

        Assert.Equal(early.Snapshot!.Payload.Length, late.Snapshot!.Payload.Length);
        Assert.InRange(late.Events.Length, 0, EntityWrites.SnapshotEvery - 1);
        Assert.True(late.LastSequence > Days * 24 * 60, "an event for each occurrence");
    }

    private Task<EntityHistory> Read() => _store.LoadAsync(new EntityKey(EntityKinds.Deployment, Deployment));

    /// <summary>Every run that is in memory answers.</summary>
    private int RunsInMemory()
    {
        var counter = new Counter();
        _node.Actors.TellRuns(new GetRun(Guid.Empty), counter);
        _world.RunFor(TimeSpan.Zero);
        return counter.Answers;
    }

    private sealed class Counter : IActorRef
    {
        public int Answers { get; private set; }

        public string Name => "counter";

        public string Path => "/counter";

        public void Tell(object message, IActorRef? sender = null) => Answers += message is RunView ? 1 : 0;
    }

    /// <summary>Every program is alive at once and completes after a second.</summary>
    private sealed class SecondLongPrograms(ITimerScheduler timers) : IFlowRunner
    {
        public void Start(ProcessSpec spec, IProcessObserver observer)
        {
            observer.Started(new ProcessHandle(1, 1, ""));
            timers.ScheduleOnce(TimeSpan.FromSeconds(1), () => observer.Ended(new ProcessOutcome(new ProcessExit.Exited(0))));
        }

        public void Recover(ProcessSpec spec, ProcessHandle? handle, IProcessObserver observer) => observer.NeverStarted();

        public void Stop(AttemptKey key, StopSignal signal)
        {
            // Each ends by itself within its second.
        }
    }
}
