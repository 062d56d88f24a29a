using System.Collections.Immutable;
using Akka.Actor;
using Akka.Remote;
using Runner.Entities.Store;
using Runner.Host.Configuration;
using Runner.Persistence.Postgres.Cluster;

namespace Runner.Host.Cluster;

/// <summary>
/// How one life of a node comes to be a member. It announces itself in the database and reads who is there. If a cluster has the database it joins
/// those of its members that were heard of lately; it never joins itself then, however long nobody answers, since that would be a second cluster. If
/// none has, or has not renewed it for a whole lease, one node takes the database and forms a cluster; the database decides which.
/// </summary>
/// <param name="self">What the node says of itself, but for its cluster and its status.</param>
/// <param name="peers">The only addresses to be joined; null for those of all members.</param>
internal sealed class Joining(
    ActorSystem system, ClusterKeeper keeper, NodeRow self, IPeerAddresses? peers, TimeSpan lease, Func<Guid> newId, TimeProvider time,
    ILogger log)
{
    /// <summary>Members answer at once, or not at all; whoever is there by then is asked next.</summary>
    private static readonly TimeSpan Try = TimeSpan.FromSeconds(3);

    /// <summary>Between two looks at a database that nobody may take yet.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>Between two questions to others than the database: for addresses.</summary>
    private static readonly TimeSpan Ask = TimeSpan.FromSeconds(1);

    /// <summary>Whoever waits is told why this often.</summary>
    private static readonly TimeSpan Tell = TimeSpan.FromSeconds(5);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(system);
    private readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string _waitsFor = "the database";
    private volatile string? _trouble;
    private Guid? _joins;

    /// <summary>Which cluster it has joined, or is about to; null for none yet.</summary>
    public Guid? Cluster => _joins;

    /// <summary>Completes when the node is a member.</summary>
    public Task Up => _up.Task;

    /// <summary>What a node waits for that is no member yet, as the end of a sentence.</summary>
    public string WaitsFor => _trouble is { } trouble ? $"{_waitsFor}; the last try ended with: {trouble}" : _waitsFor;

    /// <summary>Goes on until the node is a member.</summary>
    /// <param name="isFirst">Whether it is the node's first life in this process.</param>
    /// <exception cref="NodeNameTakenException">Another node has this one's name.</exception>
    /// <exception cref="NodeStartException">The members speak another protocol, or the machine's clock is wrong.</exception>
    /// <exception cref="OperationCanceledException">It was called off.</exception>
    public async Task RunAsync(bool isFirst, CancellationToken cancel)
    {
        _cluster.RegisterOnMemberUp(() => _up.TrySetResult());
        using var trouble = Listen();
        await ClockAsync(isFirst, cancel).ConfigureAwait(false);
        await StoredAsync(() => isFirst ? keeper.AnnounceAsync(self) : keeper.ChangeOwnerAsync(self), cancel).ConfigureAwait(false);
        await StoredAsync(KnowsAsync, cancel).ConfigureAwait(false);
        var (told, began) = (time.GetTimestamp(), time.GetTimestamp());
        while (!Up.IsCompleted)
        {
            var pause = await StepAsync(cancel).ConfigureAwait(false);
            await Task.WhenAny(Up, Task.Delay(pause, time, cancel)).ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
            if (!Up.IsCompleted && time.GetElapsedTime(told) >= Tell)
            {
                told = time.GetTimestamp();
                log.Warning(
                    "This node has been joining its cluster for {Time:0} s: it waits for {What:l}",
                    time.GetElapsedTime(began).TotalSeconds, WaitsFor);
            }
        }

        _trouble = null;
        // Of that cluster, and of no other that may have the database by now: then the keeper says that this one is lost.
        await StoredAsync(() => keeper.AnnounceAsync(self with { Cluster = _joins, Status = NodeStatus.Up }), cancel).ConfigureAwait(false);
        log.Information("This node is a member of its cluster, as {Owner}", self.Owner);
    }

    /// <summary>
    /// Nobody joins with a clock that is wrong. Who begins is told so and ends; who was a member looks after programs, and waits: the clock of a
    /// machine that slept is set right soon.
    /// </summary>
    private async Task ClockAsync(bool isFirst, CancellationToken cancel)
    {
        while (keeper.Clock is { IsWrong: true, Trouble: { } clocks })
        {
            if (isFirst)
            {
                throw new NodeStartException($"{clocks} Then start this node again; the cluster goes on without it.");
            }

            (_waitsFor, _trouble) = ("its clock to be set right", clocks);
            await Task.Delay(Look, time, cancel).ConfigureAwait(false);
        }

        _trouble = null;
    }

    /// <summary>What the nodes have found that all of them know, they write and send. Who does not know it would meet what it cannot read.</summary>
    private async Task KnowsAsync()
    {
        var used = await keeper.UsedAsync().ConfigureAwait(false);
        used.ExceptWith(self.EventKinds);
        if (used.Count > 0)
        {
            await keeper.WithdrawAsync().ConfigureAwait(false);
            throw new NodeStartException(
                $"The nodes of this cluster write what this one, of version {self.Version}, does not know "
                + $"({string.Join(", ", used.Order(StringComparer.Ordinal))}). Start it with their version; the cluster goes on without it.");
        }
    }

    /// <summary>One try; how long to wait for what comes of it.</summary>
    private async Task<TimeSpan> StepAsync(CancellationToken cancel)
    {
        ClusterView view;
        try
        {
            view = await keeper.ReadAsync().ConfigureAwait(false);
            if (view.Holder is not { Cluster: not null, IsExpired: false })
            {
                return await FormAsync().ConfigureAwait(false);
            }
        }
        catch (StoreException e)
        {
            (_waitsFor, _trouble) = ("the database", e.Message);
            return Look;
        }

        var members = Members(view);
        if (members.FirstOrDefault(m => m.Row.Protocol != self.Protocol) is { } other)
        {
            throw new NodeStartException(
                $"The node {other.Row.Name} at {other.Row.Address}, of version {other.Row.Version}, speaks the cluster's protocol "
                + $"{other.Row.Protocol}, and this one, of version {self.Version}, {self.Protocol}: they cannot be in one cluster. "
                + "Give this node the other's version.");
        }

        if (members.FirstOrDefault(m => ClusterAddress.Parse(m.Row.Address) is { } at && at.Protocol != _cluster.SelfAddress.Protocol) is { } unlike)
        {
            await keeper.WithdrawAsync().ConfigureAwait(false);
            var isTls = _cluster.SelfAddress.Protocol == ClusterAddress.TlsProtocol;
            throw new NodeStartException(
                $"The nodes of this cluster speak to each other {(isTls ? "without TLS" : "by TLS")} ({unlike.Row.Name} at {unlike.Row.Address}), "
                + $"and this one is told to speak {(isTls ? "by TLS" : "without")}. {(isTls ? "Leave out" : "Set")} runner.cluster.tls as they do; "
                + "the cluster goes on without this node.");
        }

        ImmutableHashSet<string>? known = null;
        if (peers is not null && !members.IsEmpty)
        {
            try
            {
                known = await peers.FindAsync().ConfigureAwait(false);
                _trouble = null;
            }
            catch (PeersNotFoundException e)
            {
                (_waitsFor, _trouble) = ("the addresses of other nodes", e.Message);
                return Ask;
            }
        }

        ImmutableArray<Address> joinable = [.. members.Select(m => m.Row.Address).Where(a => known?.Contains(a) ?? true)
            .Select(ClusterAddress.Parse).OfType<Address>().Where(a => !a.Equals(_cluster.SelfAddress))];
        if (joinable.IsEmpty)
        {
            _waitsFor = members.IsEmpty ? "a member of the cluster that has its database and was heard of a moment ago; or for its lease to run out"
                : peers?.None ?? "another address of a member than its own";
            return known is null ? Look : Ask;
        }

        _joins = view.Holder.Cluster;
        _waitsFor = $"an answer of {string.Join(", ", joinable)}";
        cancel.ThrowIfCancellationRequested();
        _cluster.JoinSeedNodes(joinable);
        return Try;
    }

    private async Task<TimeSpan> FormAsync()
    {
        _waitsFor = "the lease of the cluster that had its database to run out";
        var id = newId();
        if (!await keeper.TryFormAsync(id).ConfigureAwait(false))
        {
            return Look;
        }

        _joins = id;
        _cluster.Join(_cluster.SelfAddress);
        return Try;
    }

    /// <summary>Those of the cluster that has the database and that were heard of within a lease; the oldest words last.</summary>
    private ImmutableArray<NodeSeen> Members(ClusterView view) =>
        [.. view.Nodes.Where(n => n.Row.Cluster == view.Holder!.Cluster && n.Row.Status == NodeStatus.Up && n.HeardAgo < lease
            && n.Row.Owner != self.Owner).OrderBy(n => n.HeardAgo)];

    /// <summary>Until the database answers.</summary>
    private async Task StoredAsync(Func<Task> write, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await write().ConfigureAwait(false);
                return;
            }
            catch (StoreException e) when (e is not NodeNameTakenException)
            {
                (_waitsFor, _trouble) = ("the database", e.Message);
                await Task.Delay(Look, time, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Why a member could not be reached, for whoever asks what the node waits for.</summary>
    private Ended Listen()
    {
        Action<string> tell = trouble => _trouble = trouble;
        var listener = system.ActorOf(Props.Create(() => new TroubleListener(tell)), "joining");
        return new Ended(() => system.Stop(listener));
    }

    private sealed class TroubleListener : ReceiveActor
    {
        public TroubleListener(Action<string> tell)
        {
            Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
            Receive<AssociationErrorEvent>(e =>
                tell($"{e.RemoteAddress} {e.Cause.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.')}"));
        }
    }

    private sealed class Ended(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
