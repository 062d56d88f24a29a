using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Remote.Transport;
using Runner.Hocon;
using Runner.Host.Cluster;
using Runner.Host.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Runner.Host.Tests.Cluster;

/// <summary>The actor system of a node on its own, as it is composed: a cluster of one that nobody can reach.</summary>
[Collection(nameof(NodeHostTests))]
public sealed class NodeHostTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Lines _log = new();
    private readonly HashSet<string> _listening = Sockets.Listening();
    private NodeHost _node = null!;

    public async Task InitializeAsync() => _node = await StartAsync(AkkaSettings.Default);

    public async Task DisposeAsync() => await _node.DisposeAsync().AsTask().WaitAsync(Patience);

    [Fact]
    public async Task A_sharded_entity_and_a_singleton_answer_and_nothing_listens()
    {
        Assert.Equal("hello", await AskAsync<Entity>(new Envelope("a", "hello")));
        Assert.Equal("hello", await AskAsync<Single>("hello"));

        Assert.Empty(Sockets.Listening().Except(_listening));
        Assert.Equal("akka.local://runner@node:1", Akka.Cluster.Cluster.Get(_node.System).SelfAddress.ToString());
    }

    [Fact]
    public async Task No_other_address_can_be_reached()
    {
        var transport = new LocalTransport(_node.System, ConfigurationFactory.ParseString("hostname = node, port = 1"));
        var elsewhere = Address.Parse("akka.local://runner@elsewhere:1");

        Assert.True(transport.IsResponsibleFor(elsewhere));
        await Assert.ThrowsAsync<InvalidAssociationException>(() => transport.Associate(elsewhere));
        await Assert.ThrowsAsync<ActorNotFoundException>(
            () => _node.System.ActorSelection($"{elsewhere}/user/x").ResolveOne(TimeSpan.FromSeconds(2)));
        Assert.Empty(Sockets.Listening().Except(_listening));
    }

    [Fact]
    public async Task A_node_is_a_member_of_its_cluster_while_it_runs()
    {
        await UpAsync();
        Assert.Equal(("cluster", true, "The node is a member of its cluster."), await CheckAsync());

        await _node.System.Terminate();
        var (_, healthy, message) = await CheckAsync();
        Assert.False(healthy);
        Assert.StartsWith("The node is no member of its cluster", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_runs_tasks_in_the_order_of_their_phases_and_then_ends()
    {
        await AskAsync<Entity>(new Envelope("a", "hello"));
        await AskAsync<Single>("hello");
        string[] phases =
        [
            CoordinatedShutdown.PhaseBeforeServiceUnbind, CoordinatedShutdown.PhaseBeforeClusterShutdown,
            CoordinatedShutdown.PhaseActorSystemTerminate
        ];
        var ran = new ConcurrentQueue<(string Phase, bool IsMember)>();
        foreach (var phase in phases)
        {
            CoordinatedShutdown.Get(_node.System).AddTask(phase, "test", () =>
            {
                ran.Enqueue((phase, !Akka.Cluster.Cluster.Get(_node.System).IsTerminated));
                return Task.FromResult(Akka.Done.Instance);
            });
        }

        await _node.DisposeAsync().AsTask().WaitAsync(Patience);

        Assert.Equal([(phases[0], true), (phases[1], true), (phases[2], false)], ran);
        Assert.True(_node.System.WhenTerminated.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_healthy_node_writes_nothing_to_the_log()
    {
        await UpAsync();
        await AskAsync<Entity>(new Envelope("a", "hello"));
        await AskAsync<Single>("hello");
        await _node.DisposeAsync().AsTask().WaitAsync(Patience);

        Assert.Empty(_log.Written.Select(e => e.RenderMessage()));
    }

    [Fact]
    public async Task What_Akka_says_goes_to_the_nodes_log()
    {
        await using var talkative = await StartAsync(
            AkkaSettings.Over(HoconDocument.ParseText("loglevel = INFO").Object, m => Assert.Fail(m.ToString())));
        await talkative.Actor<Entity>().ActorRef.Ask<string>(new Envelope("a", "hello"), Patience);

        Assert.Contains(_log.Written, e => e.RenderMessage().Contains("Starting remoting", StringComparison.Ordinal));
        // And what its cluster says, through actors of its own: that may come after the answer.
        await _log.Says("is moving node").WaitAsync(Patience);
    }

    [Fact]
    public async Task Settings_that_Akka_does_not_take_keep_the_node_from_starting()
    {
        var settings = AkkaSettings.Over(HoconDocument.ParseText("loglevel = LOUD").Object, m => Assert.Fail(m.ToString()));
        var refused = await Assert.ThrowsAsync<NodeStartException>(() => StartAsync(settings));
        Assert.StartsWith("Akka.NET does not start with its settings (", refused.Message, StringComparison.Ordinal);
    }

    private Task<NodeHost> StartAsync(AkkaSettings settings) => NodeHost.StartAsync(
        settings, new LoggerConfiguration().MinimumLevel.Information().WriteTo.Sink(_log).CreateLogger(), _ => { },
        (builder, _) => builder
            .WithShardRegion<Entity>("Entity", _ => Props.Create<Echo>(), new Extractor(), new ShardOptions())
            .WithSingleton<Single>("single", Props.Create<Echo>()),
        CancellationToken.None);

    private Task<string> AskAsync<TKey>(object message) => _node.Actor<TKey>().ActorRef.Ask<string>(message, Patience);

    private async Task UpAsync()
    {
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Akka.Cluster.Cluster.Get(_node.System).RegisterOnMemberUp(up.SetResult);
        await up.Task.WaitAsync(Patience);
    }

    private async Task<(string, bool, string)> CheckAsync()
    {
        var check = await _node.Check.CheckAsync(CancellationToken.None);
        return (check.Name, check.Healthy, check.Message);
    }

    private sealed class Entity;

    private sealed class Single;

    private sealed record Envelope(string Id, object Message);

    private sealed class Echo : ReceiveActor
    {
        public Echo() => Receive<string>(text => Sender.Tell(text));
    }

    private sealed class Extractor() : HashCodeMessageExtractor(16)
    {
        public override string? EntityId(object message) => (message as Envelope)?.Id;

        public override object EntityMessage(object message) => (message as Envelope)?.Message ?? message;
    }

    private sealed class Lines : ILogEventSink
    {
        private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new();

        public ConcurrentQueue<LogEvent> Written { get; } = new();

        /// <summary>Completes when a line has these words.</summary>
        public Task Says(string words)
        {
            var said = _awaited.GetOrAdd(words, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            foreach (var line in Written)
            {
                Look(line);
            }

            return said.Task;
        }

        public void Emit(LogEvent logEvent)
        {
            Written.Enqueue(logEvent);
            Look(logEvent);
        }

        private void Look(LogEvent line)
        {
            foreach (var (words, said) in _awaited)
            {
                if (line.RenderMessage().Contains(words, StringComparison.Ordinal))
                {
                    said.TrySetResult();
                }
            }
        }
    }
}

/// <summary>Alone: what listens is a matter of the whole process.</summary>
[CollectionDefinition(nameof(NodeHostTests), DisableParallelization = true)]
public sealed class NodeHostCollection;
