using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Akka;
using Akka.Actor;
using Akka.Cluster;
using Akka.Hosting;
using Akka.Remote;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Actors.Wire;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Host.Health;
using Runner.Messages.Nodes;
using Runner.Messages.Serialization;
using Runner.Persistence.Journal;
using Runner.Persistence.Postgres.Cluster;
using Runner.Wire;

namespace Runner.Host.Cluster;

/// <summary>What all lives of a node have in common.</summary>
internal sealed record LifeParts(
    NodeStart Start, IEntityStore Store, IFlowRunner FlowRunner, NodeSettings Settings, ClusterKeeper Keeper, ClusterKnowledge Knowledge,
    ClusterTls? Tls, Func<Guid> NewId);

/// <summary>
/// One life of a node of a cluster: its actor system from its start to its end, and its way into the cluster. A cluster may part with a member that
/// lives on; a member that was parted with never comes back, so the program begins another life.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Nothing is left of what calls off its joining once it has been called off.")]
internal sealed class NodeLife
{
    /// <summary>What nodes say to each other. Raised when an older one would not understand.</summary>
    private const int Protocol = 1;

    /// <summary>How long a member may take to say that it goes, before it goes.</summary>
    private static readonly TimeSpan FarewellAtMost = TimeSpan.FromMilliseconds(500);

    private readonly NodeHost _host;
    private readonly Joining _join;
    private readonly ClusterKeeper _keeper;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _over = new();
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _parted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NodeLife(NodeHost host, RunnerNode node, Joining join, ClusterKeeper keeper, NodeRow row, TimeProvider time) =>
        (_host, Node, _join, _keeper, Row, _time) = (host, node, join, keeper, row, time);

    public RunnerNode Node { get; }

    /// <summary>What the node says of itself.</summary>
    public NodeRow Row { get; }

    /// <summary>Completes when its end has begun, whoever began it.</summary>
    public Task Ending => _ending.Task;

    /// <summary>Completes when the cluster has parted with this member, whether it has decided so itself or been told by another.</summary>
    public Task IsParted => _parted.Task;

    /// <summary>Completes when it is a member, or fails when it cannot become one.</summary>
    public Task Joined { get; private set; } = Task.CompletedTask;

    /// <summary>Whether it has become a member; it may have ceased to be one.</summary>
    public bool IsMember => _join.Up.IsCompleted;

    /// <summary>Starts the actors; joining goes on afterwards.</summary>
    /// <exception cref="NodeStartException">Akka.NET does not take the settings, or the port is in use.</exception>
    public static async Task<NodeLife> StartAsync(LifeParts parts, bool isFirst, CancellationToken cancel)
    {
        var start = parts.Start;
        var composed = new ComposedNode(parts.Store, parts.FlowRunner, parts.Settings, start.Time, start.Log);
        var host = await NodeHost.StartAsync(
            start.Options.Akka, QuietLog.Over(start.Log), static _ => { }, (builder, _) => Compose(builder, composed, parts), cancel)
            .ConfigureAwait(false);
        try
        {
            var row = RowOf(parts, host.System);
            var join = new Joining(
                host.System, parts.Keeper, row, PeersOf(start.Options, host.System, start.Time),
                LeaseTimes.Of(start.Options.Akka, start.Time).LeaseTtl, parts.NewId, start.Time, start.Log);
            var node = composed.Started(host.System, NodeSystem.NewId, () => host.DisposeAsync().AsTask());
            var life = new NodeLife(host, node, join, parts.Keeper, row, start.Time);
            CoordinatedShutdown.Get(host.System).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "life", () =>
            {
                life._ending.TrySetResult();
                // What keeps alarm workers alive would go on asking for those of a region that hands over, which waits for as long as it is asked.
                host.System.ActorSelection("/user/ShardedDaemonProcessKeepAlive-*").Tell(PoisonPill.Instance);
                return Task.FromResult(Done.Instance);
            });
            Action parted = () => life._parted.TrySetResult();
            host.System.ActorOf(Props.Create(() => new Parted(parted, start.Log)), "parted");
            // Also where Akka.NET gives up being a member by itself.
            Akka.Cluster.Cluster.Get(host.System).RegisterOnMemberRemoved(parted);
            life.Joined = Task.Run(() => JoinAsync(join, isFirst, parts, life._over.Token), CancellationToken.None);
            return life;
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether it is a member, and of what.</summary>
    public async Task<HealthCheck> CheckAsync(CancellationToken cancel)
    {
        if (!IsMember)
        {
            return new HealthCheck(
                ClusterCheck.Name, false,
                $"The node is joining its cluster, and does no work until it is a member: it waits for {_join.WaitsFor.TrimEnd('.')}.");
        }

        var check = await _host.Check.CheckAsync(cancel).ConfigureAwait(false);
        return check.Healthy ? check with { Message = Members() } : check;
    }

    /// <summary>Says to those who look for members that this one goes. Not waited for where the database is away.</summary>
    public async Task LeavesAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        try
        {
            await Joined.ConfigureAwait(false);
            await _keeper.AnnounceAsync(Row with { Cluster = _join.Cluster, Status = NodeStatus.Leaving }).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or StoreException or NodeStartException)
        {
            // It had not come so far, or others notice by themselves.
        }
    }

    /// <summary>
    /// Ends the actors at once, and leaves programs alone. Nothing is handed over: what this life has others may have already, or take as soon as its
    /// leases are free, which they are when nothing acts here any more.
    /// </summary>
    public async Task EndAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        if (IsMember && !IsParted.IsCompleted)
        {
            // Those who hear it need not find out by themselves.
            var cluster = Akka.Cluster.Cluster.Get(_host.System);
            cluster.Down(cluster.SelfAddress);
            await Task.WhenAny(IsParted, _host.System.WhenTerminated, Task.Delay(FarewellAtMost, _time)).ConfigureAwait(false);
        }

        ((ExtendedActorSystem)_host.System).Abort();
        await _host.System.WhenTerminated.ConfigureAwait(false);
        try
        {
            await _keeper.ExpireAsync(Row.Owner).ConfigureAwait(false);
        }
        catch (StoreException)
        {
            // Then they run out.
        }

        await Node.AbandonAsync().ConfigureAwait(false);
    }

    private static void Compose(AkkaConfigurationBuilder builder, ComposedNode node, LifeParts parts)
    {
        builder.AddSetup(new ClusterSetup(parts.Keeper, parts.Start.Time));
        if (parts.Tls is { } tls)
        {
            builder.AddSetup(tls.Setup);
        }

        builder.AddWire().AddEntityJournal(new EntityStoreSetup(parts.Store, node.Codec));
        if (parts.Start.Options.Cluster.FastDowning)
        {
            builder.WithActors((system, _) => system.ActorOf(
                Props.Create(() => new FastDowning(parts.Keeper, parts.Start.Time, parts.Start.Log)), "fast-downing"));
        }

        builder.WithActors((system, _) => system.ActorOf(Props.Create<ApplicationDowning>(), "application-downing"));
        node.AddTo(builder);
    }

    /// <summary>
    /// Hears that the cluster has parted with this node for good: the split brain resolver here or elsewhere has downed it, or a member says so to
    /// whoever speaks to it after that. A node that stood still, or was cut off, ends then and does not wait until it has found by itself that it is
    /// alone. And says in the log with whom this node has parted.
    /// </summary>
    private sealed class Parted : ReceiveActor
    {
        public Parted(Action tell, ILogger log)
        {
            var cluster = Akka.Cluster.Cluster.Get(Context.System);
            var own = cluster.SelfUniqueAddress;
            Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
            cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.MemberDowned), typeof(ClusterEvent.MemberRemoved));
            Receive<ThisActorSystemQuarantinedEvent>(_ => tell());
            Receive<ClusterEvent.MemberDowned>(_ => tell(), e => e.Member.UniqueAddress == own);
            Receive<ClusterEvent.MemberRemoved>(
                e => log.Warning("The cluster has parted with the node at {Address}, which joins again if it lives", e.Member.Address),
                e => e.PreviousStatus == MemberStatus.Down && e.Member.UniqueAddress != own);
        }
    }

    private static IPeerAddresses? PeersOf(NodeOptions options, ActorSystem system, TimeProvider time) => options.ClusterJoin switch
    {
        ClusterJoin.SeedNodes => new SeedAddresses(options.Akka.SeedNodes),
        ClusterJoin.Kubernetes => KubernetesPeers(system, time),
        ClusterJoin.Database or ClusterJoin.None => null,
    };

    /// <summary>In a method of its own, which is not inlined: what it names is loaded with it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static KubernetesAddresses KubernetesPeers(ActorSystem system, TimeProvider time) =>
        new(system.Settings.Config, Akka.Cluster.Cluster.Get(system).SelfAddress, time);

    private static NodeRow RowOf(LifeParts parts, ActorSystem system)
    {
        var options = parts.Start.Options;
        return new NodeRow(
            options.NodeName, ClusterAddress.OwnerOf(system), Akka.Cluster.Cluster.Get(system).SelfAddress.ToString(),
            ClusterAddress.ApiOf(options, parts.Start.ApiUrl), null, NodeStatus.Joining, options.Labels, options.ProcessLimit, ProgramVersion.Text,
            Protocol, [.. EventCatalog.Kinds, .. WireSerializer.Manifests.Select(name => $"message/{name}")]);
    }

    /// <summary>While it is a member it asks what all nodes know.</summary>
    private static async Task JoinAsync(Joining join, bool isFirst, LifeParts parts, CancellationToken over)
    {
        await join.RunAsync(isFirst, over).ConfigureAwait(false);
        _ = parts.Knowledge.RunAsync(over);
    }

    private string Members()
    {
        var state = Akka.Cluster.Cluster.Get(_host.System).State;
        var members = state.Members.Where(m => m.HasRole(ClusterRoles.Node)).Select(Words).Order(StringComparer.Ordinal).ToList();
        var applications = state.Members.Count - members.Count;
        return (members.Count == 1 ? $"The node is the only member of its cluster, as {members[0]}."
            : $"The node is a member of its cluster of {members.Count} nodes: {string.Join(", ", members)}.")
            + (applications == 0 ? "" : applications == 1 ? " One application is a member, too." : $" {applications} applications are members, too.");

        string Words(Member member) => ClusterAddress.Authority(member.Address.Host, member.Address.Port ?? 0)
            + (state.Unreachable.Contains(member) ? " (not reached)" : member.Status == MemberStatus.Up ? ""
                : $" ({member.Status.ToString().ToLowerInvariant()})");
    }
}
