using Akka;
using Akka.Actor;
using Akka.Hosting;
using Runner.Actors.FlowRunners;
using Runner.Actors.Wire;
using Runner.Entities;
using Runner.Entities.Store;
using Serilog;

namespace Runner.Actors.Nodes;

/// <summary>A node that is being put together: its actors are added to a hosted actor system, and it is there once that system has started.</summary>
public sealed class ComposedNode
{
    private readonly NodeParts _parts;
    private readonly SpaceGuard _space;
    private readonly ILogger _log;

    /// <param name="store">Opened with <see cref="Tables.All"/>; stays the caller's to dispose, after <see cref="RunnerNode.StopAsync"/>.</param>
    public ComposedNode(IEntityStore store, IFlowRunner flowRunner, NodeSettings settings, TimeProvider time, ILogger log)
    {
        _log = log;
        _parts = new NodeParts(settings, store, flowRunner, time, log);
        // Looked at before anything is due: a node that comes up on a full disk starts nothing.
        _space = new SpaceGuard(time, settings.FreeSpace, log);
        if (_space.IsLow)
        {
            _parts.HoldStarts(true);
        }
    }

    /// <summary>The form of events in the journal.</summary>
    public IEventCodec Codec => _parts.Codec;

    /// <summary>Completes when the node, alone, acts on all that is due; it does not while the store is away.</summary>
    public Task Ready => _parts.Board.AllRead;

    internal NodeParts Parts => _parts;

    /// <summary>Adds the node's actors to a system that is a member of a cluster, be it a cluster of one.</summary>
    public void AddTo(AkkaConfigurationBuilder builder)
    {
        if (_parts.Settings.Telemetry is { } telemetry)
        {
            builder.AddSetup(new WireTelemetry(telemetry.Runs.Sent));
        }

        builder.AddNode(_parts, new ClusterRouter(_parts.Board, _parts.DamagedRows));
        if (_parts.Settings.StoreIsShared)
        {
            builder.AddReceptionist();
        }
    }

    /// <summary>
    /// The node, once its system has started. Its entities come to memory as their wake-ups say: what ran when an earlier life ended is looked for
    /// first.
    /// </summary>
    /// <param name="newId">An id that is not computed, as of a time (RFC 9562, version 7).</param>
    /// <param name="end">Ends the system.</param>
    public RunnerNode Started(ActorSystem system, Func<DateTimeOffset, Guid> newId, Func<Task> end)
    {
        var node = Started(system, new NodeSurroundings(newId, _ => end()));
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "programs", async () =>
        {
            await node.BeforeActorsEndAsync().ConfigureAwait(false);
            return Done.Instance;
        });
        if (_parts.Settings.StoreIsShared)
        {
            RequestsHosting.Start(system, node, _parts.Settings.RequestsAtOnce, _log);
        }

        return node;
    }

    internal RunnerNode Started(ActorSystem system, NodeSurroundings surroundings) => RunnerNode.Of(system, _parts, _space, surroundings);
}
