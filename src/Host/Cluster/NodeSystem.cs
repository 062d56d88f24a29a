using Akka.Hosting;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Actors.Wire;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Host.Configuration;
using Runner.Host.Health;
using Runner.Persistence.Journal;

namespace Runner.Host.Cluster;

/// <summary>A node with its actors, in an actor system of their own.</summary>
/// <param name="Node">Ends the system when it is stopped.</param>
/// <param name="Check">Whether the node is a member of its cluster.</param>
internal sealed record NodeSystem(RunnerNode Node, ClusterCheck Check)
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(5);

    /// <summary>Starts a node; it acts on all that is due when this is done, unless its store is away.</summary>
    /// <exception cref="NodeStartException">Akka.NET does not take the settings.</exception>
    public static async Task<NodeSystem> StartAsync(
        IEntityStore store, IFlowRunner flowRunner, NodeSettings settings, TimeProvider time, ILogger log, AkkaSettings akka,
        CancellationToken cancel)
    {
        var node = new ComposedNode(store, flowRunner, settings, time, log);
        var host = await NodeHost.StartAsync(akka, log, AddNothing, (builder, _) => Compose(builder, node, store), cancel).ConfigureAwait(false);
        await ReadyAsync(node, time, cancel).ConfigureAwait(false);
        return new NodeSystem(node.Started(host.System, NewId, () => host.DisposeAsync().AsTask()), host.Check);
    }

    private static void Compose(AkkaConfigurationBuilder builder, ComposedNode node, IEntityStore store)
    {
        builder.AddWire().AddEntityJournal(new EntityStoreSetup(store, node.Codec));
        node.AddTo(builder);
    }

    // What the actors work with they are given by hand: there is one of each, and it is there before them.
    private static void AddNothing(IServiceCollection services)
    {
    }

    private static async Task ReadyAsync(ComposedNode node, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            await node.Ready.WaitAsync(ReadyWithin, time, cancel).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It is up all the same; its health tells what is missing.
        }
    }

#pragma warning disable RS0030 // Ids that are not computed come in here.
    public static Guid NewId(DateTimeOffset now) => Guid.CreateVersion7(now);
#pragma warning restore RS0030
}
