using System.Collections.Concurrent;
using System.Globalization;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.DistributedData;
using Akka.Event;
using Runner.Actors.Wire;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Wire;

/// <summary>What Akka.NET's own parts need: sharding with distributed data, a singleton and workers, whole lives of them.</summary>
public sealed class ClusterTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>The real thing: whatever nothing says how to write would be missed here.</summary>
    [Fact]
    public async Task Two_nodes_need_nothing_that_is_written_by_reflection()
    {
        var first = await Node.StartAsync(WireSetup.Config(), null);
        var second = await Node.StartAsync(WireSetup.Config(), first.System);
        var nodes = new HashSet<string>();
        // Shards are given to the nodes in turn, so that soon some are on the other one, asked for and answered from there.
        for (var i = 0; i < 200 && nodes.Count < 2; i++)
        {
            nodes.Add(await first.AskEntityAsync(i));
        }

        Assert.Equal(2, nodes.Count);
        Assert.Equal(await first.AskSingletonAsync(), await second.AskSingletonAsync());
        await first.AskDaemonsAsync();
        await second.AskDaemonsAsync();
        await first.Region.Ask<ClusterShardingStats>(new GetClusterShardingStats(Patience), Patience);

        // The oldest one leaves, and hands over what it has.
        await first.EndAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(second.Name, await second.AskEntityAsync(i));
        }

        Assert.Equal(second.Name, await second.AskSingletonAsync());
        await second.AskDaemonsAsync();
        await second.EndAsync();
        Assert.True(first.Failures.IsEmpty && second.Failures.IsEmpty, string.Join("\n", first.Failures.Concat(second.Failures)));
    }

    /// <summary>Every message between actors of one node as if it left it: what actor tests are run with.</summary>
    [Fact]
    public async Task With_every_message_serialized_only_what_Akka_keeps_within_a_node_is_handed_over_as_it_is()
    {
        var node = await Node.StartAsync(VerifyingSerializer.Config(), null);
        var verifying = VerifyingSerializer.Of(node.System);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(node.Name, await node.AskEntityAsync(i));
        }

        await node.AskSingletonAsync();
        await node.AskDaemonsAsync();
        await node.Region.Ask<CurrentShardRegionState>(GetShardRegionState.Instance, Patience);
        await node.PassivateAsync(1);
        await node.EndAsync();
        // Whole, so that a failure says what it was.
        Assert.True(node.Failures.IsEmpty, string.Join("\n", node.Failures));
        Assert.Empty(verifying.Refused.Keys);
        Assert.Contains(typeof(Passivate), verifying.HandedOver.Keys);
    }

    private sealed record Node(ActorSystem System, IActorRef Region, IActorRef Singleton, IActorRef Daemons, ConcurrentQueue<string> Failures)
    {
        public string Name => Akka.Cluster.Cluster.Get(System).SelfAddress.ToString();

        public static async Task<Node> StartAsync(Config serialization, ActorSystem? other)
        {
            var system = ActorSystem.Create("wire", serialization.WithFallback(Settings)
                .WithFallback(ClusterSharding.DefaultConfig()).WithFallback(ClusterSingleton.DefaultConfig())
                .WithFallback(DistributedData.DefaultConfig()));
            var failures = new ConcurrentQueue<string>();
            system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Listener(failures))), typeof(LogEvent));
            var cluster = Akka.Cluster.Cluster.Get(system);
            await cluster.JoinAsync(Akka.Cluster.Cluster.Get(other ?? system).SelfAddress).WaitAsync(Patience);
            var sharding = ClusterSharding.Get(system);
            var settings = ClusterShardingSettings.Create(system);
            var region = await sharding.StartAsync(
                "things", _ => Props.Create(() => new Thing()), settings, EntityExtractor.Instance, sharding.DefaultShardAllocationStrategy(settings),
                LeaveMemory.Instance);
            system.ActorOf(
                ClusterSingletonManager.Props(Props.Create(() => new Thing()), PoisonPill.Instance, ClusterSingletonManagerSettings.Create(system)),
                "single");
            var proxy = system.ActorOf(ClusterSingletonProxy.Props("/user/single", ClusterSingletonProxySettings.Create(system)), "proxy");
            ShardedDaemonProcess.Get(system).Init("daemons", 4, _ => Props.Create(() => new Thing()));
            return new Node(system, region, proxy, sharding.ShardRegion("sharded-daemon-process-daemons"), failures);
        }

        public Task<string> AskEntityAsync(int id) => AskAsync(Region, Envelope(id, new GetRun(Guid.Empty)));

        public Task<string> AskSingletonAsync() => AskAsync(Singleton, new GetRun(Guid.Empty));

        /// <summary>In Akka.NET's envelope, as the alarm workers are told.</summary>
        public Task AskDaemonsAsync() =>
            Task.WhenAll(Enumerable.Range(0, 4)
                .Select(i => AskAsync(Daemons, new ShardingEnvelope(i.ToString(CultureInfo.InvariantCulture), new GetRun(Guid.Empty)))));

        public async Task PassivateAsync(int id)
        {
            Region.Tell(Envelope(id, WakeUpNow.Instance));
            await AskEntityAsync(id);
        }

        public Task EndAsync() => CoordinatedShutdown.Get(System).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(Patience);

        private static EntityMessage Envelope(int id, object message) =>
            new(new EntityKey("Thing", id.ToString(CultureInfo.InvariantCulture)), message);

        private static async Task<string> AskAsync(IActorRef to, object question) => (await to.Ask<RunNotFound>(question, Patience)).Id;
    }

    /// <summary>Says where it is.</summary>
    private sealed class Thing : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case WakeUpNow:
                    Context.Parent.Tell(new Passivate(LeaveMemory.Instance));
                    break;
                case LeaveMemory:
                    Context.Stop(Self);
                    break;
                case GetRun:
                    Sender.Tell(new RunNotFound(Akka.Cluster.Cluster.Get(Context.System).SelfAddress.ToString()));
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }
    }

    /// <summary>Keeps what is said about messages that could not be written or read.</summary>
    private sealed class Listener(ConcurrentQueue<string> failures) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            for (var cause = (message as LogEvent)?.Cause; cause is not null; cause = cause.InnerException)
            {
                if (cause is System.Runtime.Serialization.SerializationException)
                {
                    failures.Enqueue(message.ToString()!);
                }
            }
        }
    }

    private static Config Settings { get; } = ConfigurationFactory.ParseString(
        """
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          loggers = []
          actor.provider = cluster
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
          cluster {
            downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            gossip-interval = 100ms
            leader-actions-interval = 100ms
            singleton.hand-over-retry-interval = 200ms
            singleton-proxy.singleton-identification-interval = 100ms
            sharding {
              state-store-mode = ddata
              remember-entities = off
              retry-interval = 200ms
              distributed-data.durable.keys = []
            }
            sharded-daemon-process.keep-alive-interval = 1s
          }
        }
        """);
}
