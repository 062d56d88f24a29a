using Npgsql;
using Runner.Entities.Store;
using Serilog.Events;
using ILogger = Serilog.ILogger;

namespace Runner.Persistence.Postgres.Cluster;

/// <summary>
/// What the nodes of a cluster have in common in their database: which cluster has it, which nodes there are, and leases, each of one owner at a
/// time. One for each node program, with connections of its own. About every second it renews, in one statement, all that this node has, and
/// goes on doing so while the database is away; it never ends by itself. All that others are measured by is the database's clock.
/// <para>
/// A lease is lost, and its owner told, nine tenths of its time after the last request was sent that renewed it, by a clock and a thread of this
/// process; so it is always lost here before another node can have it. Another node takes an expired lease only when the database has answered
/// it for the whole time of a lease without a break: whoever held it when the database went away can renew it first when it is back.
/// </para>
/// </summary>
public sealed class ClusterKeeper : IAsyncDisposable
{
    private static readonly TimeSpan RetryAtMost = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>A node that was killed or cut off may be back for so long, as it was.</summary>
    private static readonly TimeSpan MayBeBack = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly PostgresAddress _address;
    private readonly ClusterKeeperOptions _options;
    private readonly ILogger _log;
    private readonly KeeperConnection _renewals;
    private readonly KeeperConnection _requests;
    private readonly HeldLeases _held;
    private readonly GivenBack _givenBack;
    private readonly DatabaseWatch _watch;
    private Task _renewing = Task.CompletedTask;
    private volatile bool _closed;

    // Both under the lock.
    private NodeRow? _row;
    private Guid? _cluster;

    private long _lostAt;

    private ClusterKeeper(PostgresAddress address, ClusterKeeperOptions options, ILogger log)
    {
        (_address, _options, _log) = (address, options, log);
        _renewals = new KeeperConnection(address.Locks(options.OperationTimeout), options.OperationTimeout);
        Clock = new DatabaseClock(address.ToString(), log);
        _watch = new DatabaseWatch(options.LeaseTtl, options.Time);
        // That a lease is this node's has to outlive a crash of the server: otherwise another one could have it at once.
        _requests = new KeeperConnection(address.Locks(options.OperationTimeout, isDurable: true), options.OperationTimeout);
        _held = new HeldLeases(
            options.Time, options.LeaseTtl * 0.9, options.LeaseTtl * 0.4, Stands, Wake, RanOut, Tell);
        _givenBack = new GivenBack(FreeAsync);
    }

    /// <summary>
    /// Told once when another cluster, or a node on its own, has the database instead of the cluster that this node is of, with a sentence that
    /// says so; the node's actor system has to end, and may join anew. Set before <see cref="AnnounceAsync"/>; must not throw or block.
    /// </summary>
    public Action<string>? OnClusterLost { get; set; }

    /// <summary>
    /// Told once when another node has replaced this one's row, with a sentence that says so. Set before <see cref="AnnounceAsync"/>; must not throw
    /// or block.
    /// </summary>
    public Action<string>? OnNodeLost { get; set; }

    /// <summary>Told of each change of <see cref="IsReachable"/>, with what it is then. Must not throw or block.</summary>
    public Action<bool>? OnReachableChanged { get; set; }

    /// <summary>
    /// Whether most members see the database away, this one among them: then time stands for the leases of this node, as long as the database does
    /// not answer it, and it takes none of others. When it goes on each lease has at least four tenths of its time left (once, until the database
    /// answers), so that a full renewal can be tried before any is lost. It has to become false within half a lease of the return of the database
    /// to any node that might take leases, and must be false on a node that does not hear from most members: nobody but this node waits then.
    /// Asked every 100 ms or more often by a thread that must not be kept.
    /// </summary>
    public Func<bool> MostSeeItAway { get; set; } = static () => false;

    /// <summary>Whether the database has answered what it was last asked.</summary>
    public bool IsReachable => AwaySince is null;

    /// <summary>
    /// Whether the time of no lease that this node has is over, and it has lost none within the time of one. Where it is over, as after this process
    /// stood still, the lease is lost and its owner told a moment later, unless a renewal that was sent before is answered until then.
    /// </summary>
    public bool IsInTime => _held.AreInTime;

    /// <summary>When the database was found not to answer; null while it does.</summary>
    public DateTimeOffset? AwaySince => _watch.AwaySince;

    /// <summary>This machine's clock beside the database's, as of the last answer.</summary>
    public DatabaseClock Clock { get; }

    /// <summary>The database, as messages name it.</summary>
    public string DatabaseText => _address.ToString();

    /// <summary>
    /// Connects, makes what tables there have to be for a cluster, and begins to watch. A node on its own that has the database is waited for, to see
    /// whether it is alive.
    /// </summary>
    /// <exception cref="StoreTakenException">A node on its own has the database and is alive.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached or used, or was written by a newer version.</exception>
    /// <exception cref="ArgumentException">The options do not fit together.</exception>
    public static async Task<ClusterKeeper> OpenAsync(PostgresStoreOptions options, ClusterKeeperOptions keeping, ILogger log)
    {
        keeping.Check();
        PostgresAddress address = new(options);
        try
        {
            await MakeTablesAsync(address).ConfigureAwait(false);
            ClusterKeeper keeper = new(address, keeping, log);
            try
            {
                await keeper.RenewAsync().ConfigureAwait(false);
            }
            catch
            {
                await keeper.DisposeAsync().ConfigureAwait(false);
                throw;
            }

            keeper._renewing = Task.Run(keeper.RunAsync);
            return keeper;
        }
        catch (Exception error) when (PostgresErrors.IsOfDatabase(error))
        {
            throw PostgresErrors.Translate(error, address);
        }
    }

    /// <summary>The cluster as its database has it now.</summary>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public Task<ClusterView> ReadAsync() => RequestAsync(ClusterSql.ReadAsync);

    /// <summary>
    /// Whether a kind of event or message may be used from now on: every node that was heard of lately says in its row that it knows it.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public Task<bool> TryUseAsync(string kind) => RequestAsync(session => ClusterSql.TryUseAsync(session, kind, MayBeBack));

    /// <summary>What every node has to know, since it may be used.</summary>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public Task<HashSet<string>> UsedAsync() => RequestAsync(ClusterSql.UsedAsync);

    /// <summary>
    /// Takes the database for a new cluster, if nobody has it: nobody ever had or it was given back, or who had it has let it expire and this
    /// keeper has watched it so for the whole time of a lease, while the database answered each time. If it does, this node is of that cluster.
    /// </summary>
    /// <returns>Whether it did. If not somebody else may have, or it is not time yet: read, and ask again.</returns>
    /// <exception cref="StoreTakenException">A node on its own has the database and is alive.</exception>
    /// <exception cref="StoreUnavailableException">The database does not answer; who has it then, only <see cref="ReadAsync"/> tells.</exception>
    public async Task<bool> TryFormAsync(Guid cluster)
    {
        if (_watch.IsRenewedByNodeAlone)
        {
            throw Alone(_address);
        }

        HolderRow? watched = _watch.MayBeReplaced();
        bool formed = await RequestAsync(session => ClusterSql.FormAsync(session, _options.LeaseTtl, cluster, watched)).ConfigureAwait(false);
        if (formed)
        {
            lock (_lock)
            {
                _cluster = cluster;
            }

            _log.Information("This node forms the cluster {Cluster} on {Database}", cluster, DatabaseText);
        }

        return formed;
    }

    /// <summary>
    /// Writes what this node says of itself, the first time or after something has changed; from then on its row, and that of its cluster, are
    /// renewed. A row of the same name is replaced if it is of a former life of this node, which has the same host and port, or of a node that has
    /// not been heard of for the time of a lease; this waits for as long to see.
    /// </summary>
    /// <exception cref="NodeNameTakenException">Another node has the name and is alive.</exception>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public async Task AnnounceAsync(NodeRow row)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(row.OwnerPrefix.Length, 0, nameof(row));
        using SemaphoreSlim never = new(0);
        DateTime? first = null;
        while (!await RequestAsync(session => ClusterSql.AnnounceAsync(session, row, _options.LeaseTtl, _watch.MayTakeOver)).ConfigureAwait(false))
        {
            if (await RequestAsync(session => ClusterSql.NamedAsync(session, row.Name)).ConfigureAwait(false) is { } other)
            {
                first ??= other.Heard;
                if (other.Heard != first)
                {
                    throw new NodeNameTakenException(FormattableString.Invariant(
                        $"Another node is called «{row.Name}»: the one at {other.Address}, heard of {Math.Max(0, other.Ago.TotalSeconds):0.0} s ago")
                        + $" in {_address}. Each node of a cluster has a name of its own: stop that one, or give this one another name.");
                }
            }

            await never.WaitAsync(LookEvery).ConfigureAwait(false);
        }

        lock (_lock)
        {
            (_row, _cluster) = (row, row.Cluster ?? _cluster);
        }

        // From the next renewal on it is known whose session is there.
        Wake();
    }

    /// <summary>
    /// This node goes on with a new life (another <see cref="NodeRow.Owner"/>), after all that held leases in the former has ended: its leases are
    /// given back without telling anybody, it is of no cluster any more unless the row says one, and the row is written as by
    /// <see cref="AnnounceAsync"/>.
    /// </summary>
    /// <exception cref="NodeNameTakenException">Another node has the name and is alive.</exception>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public async Task ChangeOwnerAsync(NodeRow row)
    {
        string? former;
        lock (_lock)
        {
            former = _row?.Owner;
            (_row, _cluster) = (null, row.Cluster);
        }

        if (former is not null && former != row.Owner)
        {
            await ExpireAsync(former).ConfigureAwait(false);
        }

        await AnnounceAsync(row).ConfigureAwait(false);
    }

    /// <summary>
    /// Removes this node's row and gives its leases back without telling anybody; the last node of a cluster gives the database back too. Not done
    /// when the database is away: then all runs out.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public async Task WithdrawAsync()
    {
        NodeRow? row;
        lock (_lock)
        {
            row = _row is { } known ? known with { Cluster = _cluster } : null;
            (_row, _cluster) = (null, null);
        }

        HeldLease[] held = _held.All();
        _held.RemoveAll(null);
        foreach (string owner in held.Select(lease => lease.Owner).Where(owner => owner != row?.Owner).Distinct())
        {
            await RequestAsync(session => ClusterSql.ExpireAsync(session, owner)).ConfigureAwait(false);
        }

        if (row is not null)
        {
            await RequestAsync(async session =>
            {
                await ClusterSql.WithdrawAsync(session, row, _options.LeaseTtl).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Acquires a lease: one that is free or this owner's already, or, if the database has answered this node for the whole time of a lease, one
    /// that has expired. Acquired again, it is the latest <paramref name="lost"/> that is told.
    /// </summary>
    /// <param name="lost">
    /// Told once, with the reason, when the lease is lost; not when it is given back. Must not block: it is called by the thread that looks after
    /// the others.
    /// </param>
    /// <returns>Whether it is this owner's now.</returns>
    /// <exception cref="StoreUnavailableException">The database does not answer. The lease is not held.</exception>
    /// <exception cref="ArgumentException">The name is not one for a lease.</exception>
    public async Task<bool> AcquireAsync(string lease, string owner, Action<Exception?> lost)
    {
        ArgumentException.ThrowIfNullOrEmpty(lease);
        ArgumentException.ThrowIfNullOrEmpty(owner);
        if (lease is "node" or "schema" || ClusterSql.IsCluster(owner))
        {
            throw new ArgumentException("The leases «node» and «schema», and owners that begin with «cluster/», are the store's own.");
        }

        await _givenBack.KeepAsync(lease, owner).ConfigureAwait(false);
        bool mayTakeOver = _watch.MayTakeOver;
        long sent = _options.Time.GetTimestamp();
        return await RequestAsync(session => ClusterSql.AcquireAsync(session, _options.LeaseTtl, lease, owner, mayTakeOver)).ConfigureAwait(false)
            && _held.Add(new HeldLease(lease, owner, lost), sent);
    }

    /// <summary>
    /// Gives a lease back, so that anybody can have it at once. It is not held any more from now on; those that are given back at one time are freed
    /// in one statement. Need not be waited for.
    /// </summary>
    /// <returns>Completes when the database has freed it, or does not answer: then it runs out. Does not fail.</returns>
    public Task ReleaseAsync(string lease, string owner)
    {
        _held.Remove(lease, owner);
        return _givenBack.Add(lease, owner);
    }

    /// <summary>Whether this node has a lease, as far as it knows without asking.</summary>
    public bool Holds(string lease, string owner) => _held.Holds(lease, owner);

    /// <summary>
    /// Frees all leases of an owner whose process is known to be gone. If it is not, its keeper finds out with its next renewal and tells that they
    /// are lost.
    /// </summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public Task<int> ExpireAsync(string owner)
    {
        _held.RemoveAll(owner);
        return RequestAsync(session => ClusterSql.ExpireAsync(session, owner));
    }

    /// <summary>
    /// Whether the database still has the session by which an owner's node renews its leases, which it ends when that node's process ends, whatever
    /// lies between the nodes. Null where nobody knows: as long as it has renewed none, or it is a node of an older version.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public Task<bool?> HasSessionAsync(string owner) => RequestAsync(session => ClusterSql.HasSessionAsync(session, owner));

    /// <summary>Whose a lease is, as the database has it; null for nobody's.</summary>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public Task<string?> OwnerAsync(string lease) => RequestAsync(session => ClusterSql.OwnerAsync(session, lease));

    /// <summary>
    /// Stops renewing and closes the connections. What was not withdrawn runs out; nobody is told. Not to be called from what this calls.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        Wake();
        await _renewing.ConfigureAwait(false);
        _held.Dispose();
        await _renewals.DisposeAsync().ConfigureAwait(false);
        await _requests.DisposeAsync().ConfigureAwait(false);
        _wake.Dispose();
    }

    // Before anything is made: who is refused leaves the database as it was.
    private static async Task MakeTablesAsync(PostgresAddress address)
    {
        NpgsqlDataSource source = address.Builders();
        await using (source.ConfigureAwait(false))
        {
            NpgsqlConnection connection = await source.OpenConnectionAsync().ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                PostgresSession session = new(connection);
                await PostgresSchema.MakeLeasesAsync(session).ConfigureAwait(false);
                using SemaphoreSlim never = new(0);
                for (HolderRow? first = null; await ClusterSql.HolderAsync(session).ConfigureAwait(false) is
                    { IsOfNodeAlone: true, IsExpired: false } holder;)
                {
                    first ??= holder;
                    if (!holder.IsAs(first))
                    {
                        throw Alone(address);
                    }

                    await never.WaitAsync(LookEvery).ConfigureAwait(false);
                }

                await PostgresSchema.MakeNodesAsync(session, address).ConfigureAwait(false);
            }
        }
    }

    private static StoreTakenException Alone(PostgresAddress address) => new(
        $"A node on its own uses {address}: a cluster cannot. Stop that node, or start it with the cluster's settings, or give the cluster another "
        + "database.");

    private async Task RunAsync()
    {
        while (!_closed)
        {
            TimeSpan pause = IsReachable ? _options.RenewEvery : _options.RenewEvery < RetryAtMost ? _options.RenewEvery : RetryAtMost;
            await _wake.WaitAsync(pause).ConfigureAwait(false);
            if (_closed)
            {
                return;
            }

            try
            {
                await RenewAsync().ConfigureAwait(false);
            }
            catch (Exception error)
            {
                // Also where the server answers that it cannot: what is not renewed runs out, whatever the reason.
                Broke(error, isAway: true);
            }
        }
    }

    private async Task RenewAsync()
    {
        (NodeRow? row, Guid? cluster) = Own();
        HeldLease[] held = _held.All();
        DateTimeOffset asked = _options.Time.GetUtcNow();
        long sent = _options.Time.GetTimestamp();
        Renewal renewal = await _renewals.AskAsync(session => ClusterSql.RenewAsync(session, _options.LeaseTtl, held, cluster, row))
            .ConfigureAwait(false);
        Clock.Read(asked, _options.Time.GetUtcNow(), renewal.Now);
        if (_watch.Answered(renewal, sent))
        {
            _log.Information("The database answers again: leases are renewed");
            OnReachableChanged?.Invoke(true);
        }

        _held.Renewed(held, renewal.Renewed, sent, lease => new StoreTakenException(
            $"The lease «{lease.Name}» in {_address} is not {lease.Owner}'s any more: another node has taken it, or it was freed because this one "
            + "was thought to be gone."));
        LookWhetherLost(row, cluster, renewal);
        if (row is not null && renewal.NodeOwner is null && Own().Row == row)
        {
            // Somebody has removed it.
            await _renewals.AskAsync(session => ClusterSql.AnnounceAsync(session, row, _options.LeaseTtl, mayTakeOver: false)).ConfigureAwait(false);
        }
    }

    private void LookWhetherLost(NodeRow? row, Guid? cluster, Renewal renewal)
    {
        if (cluster is { } own && renewal.Holder?.Owner != ClusterSql.OwnerOf(own))
        {
            string? other = renewal.Holder?.Owner;
            if (Forget(ref _cluster, own))
            {
                string reason = (ClusterSql.ClusterOf(other) is { } others ? $"The cluster {others} has {_address} now"
                    : other is null ? $"Nobody has {_address} any more" : $"A node on its own has {_address} now")
                    + $" instead of the cluster {own}, which this node is of and which was not heard of for {_options.LeaseTtl.TotalSeconds} s.";
                _log.Error("This node's cluster is lost: {Reason}", reason);
                OnClusterLost?.Invoke(reason);
            }
        }

        if (row is not null && renewal.NodeOwner is { } owner && owner != row.Owner && ForgetRow(row))
        {
            string reason = $"Another node has the name «{row.Name}» in {_address} now: {owner} instead of {row.Owner}, which was not heard of for "
                + $"{_options.LeaseTtl.TotalSeconds} s, or has begun another life. Each node of a cluster has a name of its own.";
            _log.Error("This node's row is lost: {Reason}", reason);
            OnNodeLost?.Invoke(reason);
        }
    }

    private bool Forget(ref Guid? cluster, Guid own)
    {
        lock (_lock)
        {
            bool isSame = cluster == own;
            cluster = isSame ? null : cluster;
            return isSame;
        }
    }

    private bool ForgetRow(NodeRow row)
    {
        lock (_lock)
        {
            bool isSame = _row?.Owner == row.Owner;
            _row = isSame ? null : _row;
            return isSame;
        }
    }

    private async Task FreeAsync(IReadOnlyCollection<(string Lease, string Owner)> leases)
    {
        try
        {
            await RequestAsync(session => ClusterSql.ReleaseAsync(session, leases)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is StoreException or ObjectDisposedException)
        {
            // Then they run out.
        }
    }

    private async Task<T> RequestAsync<T>(Func<PostgresSession, Task<T>> ask)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        try
        {
            return await _requests.AskAsync(ask).ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresErrors.IsOfDatabase(error))
        {
            if (PostgresErrors.IsAway(error))
            {
                Broke(error, isAway: false);
                if (IsReachable)
                {
                    Wake();
                }
            }

            throw PostgresErrors.Translate(error, _address);
        }
    }

    // An answer is missing. Whether the database is away says the next renewal, which is at once.
    private void Broke(Exception error, bool isAway)
    {
        bool isNew = _watch.Broke(isAway);
        if (isNew)
        {
            bool isPlain = PostgresErrors.IsOfDatabase(error);
            _log.Warning(
                isPlain ? null : error, "Leases cannot be renewed: {Reason}",
                isPlain ? PostgresErrors.Translate(error, _address).Message : error.Message);
            OnReachableChanged?.Invoke(false);
        }
    }

    private bool Stands()
    {
        bool most;
        try
        {
            most = MostSeeItAway();
        }
        catch (Exception error)
        {
            _log.Error(error, "Whether most nodes see the database away could not be asked");
            most = false;
        }

        if (most)
        {
            // Whoever holds a lease may not be able to renew it.
            _watch.BeginAgain();
        }

        return most && !IsReachable;
    }

    private void Wake()
    {
        if (_wake.CurrentCount == 0)
        {
            _wake.Release();
        }
    }

    private StoreUnavailableException RanOut(HeldLease lease) => new(
        $"The lease «{lease.Name}» of {lease.Owner} was not renewed in time: {_address} has not answered this node for nearly "
        + $"{_options.LeaseTtl.TotalSeconds} s. Others may take it.");

    private void Tell(HeldLease lease, Exception reason)
    {
        // A node that stood still loses a hundred of them at once, for one reason.
        long now = _options.Time.GetTimestamp();
        bool isFirst = _lostAt == 0 || _options.Time.GetElapsedTime(_lostAt, now) > _options.RenewEvery;
        _lostAt = now;
        _log.Write(isFirst ? LogEventLevel.Warning : LogEventLevel.Debug, "A lease is lost: {Reason}", reason.Message);
        try
        {
            lease.Lost(reason);
        }
        catch (Exception error)
        {
            _log.Error(error, "Who held the lease {Lease} could not be told that it is lost", lease.Name);
        }
    }

    private (NodeRow? Row, Guid? Cluster) Own()
    {
        lock (_lock)
        {
            return (_row, _cluster);
        }
    }
}
