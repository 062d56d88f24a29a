using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using Runner.Actors;
using Runner.Actors.Nodes;
using Runner.Entities;
using Runner.Entities.Alarms;
using Runner.Entities.Store;
using Runner.Host.Cluster;
using Runner.Persistence.Journal;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>
/// Tallies as a node has its entities: in an actor system with the node's settings, a cluster of one, behind a shard region that is reached by
/// the node's router, on the node's journal.
/// </summary>
internal sealed class TallySystem : IAsyncDisposable
{
    private const string Region = "tallies";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ClusterRouter _router = new(new AlarmBoard(Stopclock.Provider, Logger.None), new DamagedRows(Stopclock.Provider, Logger.None));
    private readonly bool _stay;
    private NodeHost? _host;
    private EntityServices? _services;

    private TallySystem(bool stay) => _stay = stay;

    public ActorSystem System { get; private set; } = null!;

    public IEntityRouter Router => _router;

    public static EntityKey Key(int number) => new(TallyBehaviour.Name, $"tally-{number:0000}");

    /// <param name="stay">Whether entities stay in memory; otherwise as a node has it.</param>
    public static async Task<TallySystem> StartAsync(IEntityStore store, bool stay = false)
    {
        var tallies = new TallySystem(stay);
        await tallies.StartHostAsync(store).ConfigureAwait(false);
        // Its region knows where its shards are from now on.
        await Task.WhenAll(Enumerable.Range(0, 1_000)
            .Select(i => tallies.AskAsync(new EntityKey(TallyBehaviour.Name, $"first-{i}"), GetTally.Instance))).ConfigureAwait(false);
        return tallies;
    }

    /// <summary>Asks as a node's API does.</summary>
    public async Task<TallyAnswer> AskAsync(EntityKey entity, object request) =>
        await PromiseRef.AskAsync(
            System, Stopclock.Provider, inline: false, Patience, sender => _router.Tell(entity, request, sender), CancellationToken.None)
            .ConfigureAwait(false)
            is TallyAnswer answer ? answer : throw new InvalidOperationException($"{entity} has not answered.");

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync().ConfigureAwait(false);
    }

    private async Task StartHostAsync(IEntityStore store)
    {
        var codec = new TallyCodec();
        _host = await NodeHost.StartAsync(AkkaSettings.Default, Logger.None, static _ => { }, (akka, _) => akka
            .AddEntityJournal(new EntityStoreSetup(store, codec))
            .WithActors((system, _) => _services = Services(system, store, codec))
            .WithShardRegion<TallyActor>(
                Region, id => ActorProducer.Props(() => new TallyActor(_services!, id)), EntityExtractor.Instance, NodeHosting.Shards)
            .WithActors((_, registry) => _router.Add(TallyBehaviour.Name, Region, registry.Get<TallyActor>())), CancellationToken.None)
            .ConfigureAwait(false);
        System = _host.System;
    }

    private EntityServices Services(ActorSystem system, IEntityStore store, TallyCodec codec) => new(
        store, codec, Stopclock.Provider, _router, Logger.None)
    {
        Fallen = new FallenEntities(system, () => _router),
        Idle = _stay ? ActorRefs.Nobody
            : system.ActorOf(ActorProducer.Props(() => new IdleEntities(Stopclock.Provider, TimeSpan.FromSeconds(10))), "idle-entities"),
    };
}
