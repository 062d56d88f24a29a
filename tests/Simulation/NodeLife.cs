using Runner.Actors;
using Runner.Actors.Nodes;
using Runner.Entities;
using Runner.Persistence.Journal;
using Runner.Simulation.Runtime;
using Serilog;

namespace Runner.Simulation;

/// <summary>One life of the node, from its start until it is killed or has stopped.</summary>
internal sealed class NodeLife
{
    private static readonly Akka.Configuration.Config s_config = EntityJournalSetup.StoreConfig();

    private readonly World _world;

    public NodeLife(World world, SimulatedNode machine, NodeSettings settings, ILogger log)
    {
        _world = world;
        Machine = machine;
        FlowRunner = world.Processes.NewLife(machine);
        var store = new SimulatedStore(world.Store, machine);
        var node = new ComposedNode(store, FlowRunner, settings, machine.Time, log);
        var system = machine.StartSystem("runner", s_config, new EntityStoreSetup(store, node.Codec));
        Router = new SimulatedRouter(system, node.Parts, world.Regions);
        Node = node.Started(system, new NodeSurroundings(machine.Random.NewGuid, machine.TerminateAsync, Inline: true));
    }

    public SimulatedNode Machine { get; }

    public IRunnerNode Node { get; }

    public SimulatedRouter Router { get; }

    public SimulatedFlowRunner FlowRunner { get; }

    /// <summary>A stop has begun: nothing new starts here.</summary>
    public bool Stopping { get; private set; }

    /// <summary>Stops in order; the world goes on without it once it has stopped, or without its having stopped if that takes too long.</summary>
    /// <param name="hurryAfter">When a second Ctrl-C makes it an immediate stop; null for never.</param>
    public async Task StopAsync(TimeSpan downFor, TimeSpan? hurryAfter, TimeSpan killAfter)
    {
        Stopping = true;
        _world.Note("node: asked to stop");
        if (hurryAfter is { } hurry)
        {
            _world.Schedule(hurry, () => Hurry());
        }

        _world.Schedule(killAfter, () =>
        {
            if (_world.Node == this)
            {
                _world.KillNode(downFor, reboot: false);
            }
        });
        await Node.StopAsync(StopMode.Graceful).ConfigureAwait(false);
        _world.Stopped(this, downFor);
    }

    private void Hurry()
    {
        if (_world.Node == this)
        {
            _world.Note("node: asked to stop at once");
            _ = Node.StopAsync(StopMode.Immediate);
        }
    }
}
