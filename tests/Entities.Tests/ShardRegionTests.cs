using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using Runner.Entities.Store;
using Runner.Persistence.Journal;
using Xunit.Abstractions;

namespace Runner.Entities.Tests;

/// <summary>Counters in a region of Akka.Cluster.Sharding, on one node, on threads: nothing here depends on when something happens.</summary>
public sealed class ShardRegionTests : TestKit
{
    private static readonly Config s_config = ConfigurationFactory.ParseString("""
        akka {
          loglevel = ERROR
          log-dead-letters = off
          actor.provider = cluster
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
          cluster {
            sharding { state-store-mode = ddata, distributed-data.durable.keys = [], remember-entities = off, retry-interval = 200ms }
            periodic-tasks-initial-delay = 100ms
            leader-actions-interval = 100ms
          }
        }
        """).WithFallback(EntityJournalSetup.StoreConfig());

    private readonly Akka.TestKit.TestProbe _told;
    private readonly ConcurrentDictionary<string, int> _lives = new();
    private readonly CounterBehaviour _behaviour = new();
    private readonly HeldStore _store;
    private readonly EntityServices _services;
    private readonly RegionRouter _router = new();

    public ShardRegionTests(ITestOutputHelper output)
        : this(new HeldStore([]), output)
    {
    }

    private ShardRegionTests(HeldStore store, ITestOutputHelper output)
        : base(ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(s_config), new EntityStoreSetup(store, new CounterCodec())), output: output)
    {
        _store = store;
        _told = CreateTestProbe();
        var fallen = new FallenEntities(Sys, () => _router);
        Sys.ActorOf(Props.Create(() => new EntityDeadLetters(_router, fallen)));
        _services = new EntityServices(_store, new CounterCodec(), new VirtualTime(), _router, Serilog.Core.Logger.None) { Fallen = fallen };
        var cluster = Cluster.Get(Sys);
        cluster.Join(cluster.SelfAddress);
        _router.Region = ClusterSharding.Get(Sys).Start(
            "counters", Entity, ClusterShardingSettings.Create(Sys), EntityExtractor.Instance,
            ShardAllocationStrategy.LeastShardAllocationStrategy(10, 0.1), LeaveMemory.Instance);
    }

    [Fact]
    public async Task An_entity_that_is_asked_to_leave_again_and_again_loses_nothing_and_keeps_the_order()
    {
        var probe = CreateTestProbe();
        for (var round = 0; round < 50; round++)
        {
            _services.Residents.Find(Key("c"))?.Tell(LeaveIfIdle.Instance, ActorRefs.NoSender);
            for (var i = 0; i < 10; i++)
            {
                _router.Tell(Key("c"), new Add(1), probe.Ref);
            }

            // From one sender: the answers are the sums in their order.
            for (var i = 1; i <= 10; i++)
            {
                Assert.Equal((round * 10) + i, (await probe.ExpectMsgAsync<Value>(TimeSpan.FromSeconds(30))).Of);
            }
        }

        Assert.InRange(_lives["c"], 2, 51);
    }

    [Fact]
    public async Task Entities_that_somebody_else_writes_to_lose_nothing()
    {
        var probe = CreateTestProbe();
        for (var i = 1; i <= 200; i++)
        {
            _router.Tell(Key("c"), new Add(1), probe.Ref);
            if (i % 20 == 0)
            {
                await probe.ReceiveNAsync(20, TimeSpan.FromSeconds(30)).ToListAsync();
                var last = (await _store.Memory.LoadAsync(Key("c"))).LastSequence;
                var (name, version, payload) = new CounterCodec().Write(new Added(0));
                Assert.IsType<CommitResult.Committed>(await _store.Memory.CommitAsync(
                    new EntityCommit(
                        [new EntityWrite(Key("c"), last, [new StoredEvent(last + 1, name, version, DateTimeOffset.UnixEpoch, payload)])])));
            }
        }

        _router.Tell(Key("c"), new Get(), probe.Ref);
        Assert.Equal(200, (await probe.ExpectMsgAsync<Value>(TimeSpan.FromSeconds(30))).Of);
        Assert.Equal(10, _lives["c"]);
    }

    [Fact]
    public async Task An_entity_that_fell_is_begun_again_by_its_region()
    {
        var probe = CreateTestProbe();
        _router.Tell(Key("c"), new Add(1), probe.Ref);
        await probe.ExpectMsgAsync<Value>(TimeSpan.FromSeconds(30));
        _store.Answers.Enqueue(Answer.FailedBefore);
        _router.Tell(Key("c"), new Note(5), ActorRefs.NoSender);
        await _told.FishForMessageAsync<string>(said => said == "1->6", TimeSpan.FromSeconds(30));

        _router.Tell(Key("c"), new Add(1), probe.Ref);
        Assert.Equal(7, (await probe.ExpectMsgAsync<Value>(TimeSpan.FromSeconds(30))).Of);
        Assert.Equal(2, _lives["c"]);
    }

    [Fact]
    public async Task A_region_that_shuts_down_lets_its_entities_finish()
    {
        var probe = CreateTestProbe();
        var ids = Enumerable.Range(0, 20).Select(i => $"{i}").ToArray();
        foreach (var id in ids)
        {
            _router.Tell(Key(id), new Add(1), probe.Ref);
        }

        await probe.ReceiveNAsync(20, TimeSpan.FromSeconds(30)).ToListAsync();
        foreach (var id in ids)
        {
            _router.Tell(Key(id), new Later(2), ActorRefs.NoSender);
            _router.Tell(Key(id), new Get(), probe.Ref);
        }

        // Each waits for time that does not pass here; leaving, it does not wait.
        await probe.WatchAsync(_router.Region);
        _router.Region.Tell(GracefulShutdown.Instance, ActorRefs.NoSender);
        var seen = await probe.ReceiveNAsync(21, TimeSpan.FromSeconds(30)).ToListAsync();
        Assert.Single(seen.OfType<Terminated>());
        Assert.All(seen.OfType<Value>(), value => Assert.Equal(3, value.Of));
        foreach (var id in ids)
        {
            Assert.Equal(2, (await _store.Memory.LoadAsync(Key(id))).LastSequence);
        }
    }

    private static EntityKey Key(string id) => new(CounterBehaviour.CounterKind, id);

    private Props Entity(string id)
    {
        _lives.AddOrUpdate(id, 1, (_, lives) => lives + 1);
        return ActorProducer.Props(() => new CounterActor(_services, _behaviour, id, said => _told.Tell(said)));
    }

    private sealed class RegionRouter : IEntityRouter
    {
        public IActorRef Region { get; set; } = ActorRefs.Nobody;

        public void Tell(EntityKey entity, object message, IActorRef? sender) => Region.Tell(new EntityMessage(entity, message), sender);

        public void Tell(AlarmChanged change, IActorRef? sender)
        {
        }

        public EntityKey? Find(ActorPath path) =>
            path.ToString().Contains("/counters/", StringComparison.Ordinal) ? Key(Uri.UnescapeDataString(path.Name)) : null;
    }
}
