using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.InMemoryStore;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Persistence.Journal;
using Runner.Simulation;
using Runner.Simulation.Runtime;
using Serilog.Core;

namespace Runner.Actors.Tests.Simulation;

/// <summary>A deployment that runs every minute, for a week of virtual time; the bench has the whole year.</summary>
public sealed class LongLifeTests : IAsyncDisposable
{
    private const int Days = 7;
    private const string Deployment = "long/minutely";
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 30, TimeSpan.Zero);

    private readonly SimulatedWorld _world = new(7, Begin);
    private readonly InMemoryEntityStore _store = new(Tables.All);
    private readonly ComposedNode _composed;
    private int _completed;

    public LongLifeTests()
    {
        var machine = _world.CreateNode();
        _composed = new ComposedNode(_store, new SecondLongPrograms(machine), new NodeSettings("node-1", 10, _ => []), machine.Time, Logger.None);
        var system = machine.StartSystem("runner", EntityJournalSetup.StoreConfig(), new EntityStoreSetup(_store, _composed.Codec));
        _ = new SimulatedRouter(system, _composed.Parts, null);
        var node = _composed.Started(system, new NodeSurroundings(machine.Random.NewGuid, machine.TerminateAsync, Inline: true));
        node.Subscribe(change => _completed += change.Change.State.Type == StateType.Completed ? 1 : 0);
        _world.Run(() => node.AskAsync(new RegisterDeployments(
            [new DeploymentSpec
            {
                Name = Deployment, Command = ["/bin/true"], Workdir = "/", Schedules = [new ScheduleSpec { Cron = "* * * * *" }]
            }]), CancellationToken.None), TimeSpan.FromSeconds(1));
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

    private int RunsInMemory() => _composed.Parts.Entities.Residents.Count(EntityKinds.FlowRun);

    /// <summary>Every program is alive at once and completes after a second.</summary>
    private sealed class SecondLongPrograms(SimulatedNode machine) : IFlowRunner
    {
        public void Start(ProcessSpec spec, IProcessObserver observer)
        {
            observer.Started(new ProcessHandle(1, 1, ""));
            machine.Schedule(TimeSpan.FromSeconds(1), () => observer.Ended(new ProcessOutcome(new ProcessExit.Exited(0))));
        }

        public void Recover(ProcessSpec spec, ProcessHandle? handle, IProcessObserver observer) => observer.NeverStarted();

        public void Stop(AttemptKey key, StopSignal signal)
        {
            // Each ends by itself within its second.
        }

        public void Forget(AttemptKey key)
        {
            // Nothing is kept.
        }
    }
}
