using Npgsql;
using Runner.Entities.Store;
using Runner.Persistence.Postgres.Cluster;
using ILogger = Serilog.ILogger;

namespace Runner.Persistence.Postgres;

/// <summary>Another node uses the database, or has taken it over from this one. The message says which.</summary>
public sealed class StoreTakenException(string message, Exception? inner = null) : StoreException(message, inner);

/// <summary>
/// That this node is the only one on a database: a row with its name, which it renews about every second by the database's clock. Whoever finds
/// it expired takes it over, after a node was killed or has not been heard of for the length of the lease; then all that the former holder still
/// means to write is refused, by the database itself. A lease that runs out while nobody wants it is not lost.
/// </summary>
public sealed class NodeLock : IAsyncDisposable
{
    /// <summary>Gives a row where the lock is held, and keeps it so until the transaction is over.</summary>
    internal const string Holds = "SELECT FROM leases WHERE name = 'node' AND owner = $1 FOR SHARE";

    private static readonly TimeSpan LongestLease = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _closing = new(0);
    private readonly CancellationTokenSource _lost = new();
    private readonly NpgsqlDataSource _source;
    private readonly PostgresAddress _address;
    private readonly TimeSpan _lease;
    private readonly ILogger _log;
    private readonly Task _renewing;
    private NpgsqlConnection? _connection;

    private NodeLock(NpgsqlDataSource source, NpgsqlConnection connection, PostgresAddress address, string owner, TimeSpan lease, ILogger log)
    {
        (_source, _connection, _address, Owner, _lease, _log) = (source, connection, address, owner, lease, log);
        _renewing = Task.Run(RenewAsync);
    }

    /// <summary>What the row says who holds it.</summary>
    public string Owner { get; }

    /// <summary>Is cancelled when another node has taken the lock over: this one must stop, since it will never write again.</summary>
    public CancellationToken LostToken => _lost.Token;

    /// <summary>What a node whose lock was taken over says.</summary>
    public string LostMessage => Lost(null).Message;

    /// <summary>
    /// Takes the lock, at once if nobody holds it. If somebody does it waits to see whether they renew it: they are refused way if so, and taken
    /// over from when their lease is over if not.
    /// </summary>
    /// <param name="lease">How long others wait for this node after it was last heard of; from 1 s to 10 s, 4 s unless told.</param>
    /// <exception cref="StoreTakenException">Another node holds it and is alive.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached or used.</exception>
    public static async Task<NodeLock> TakeAsync(PostgresStoreOptions options, ILogger log, TimeSpan? lease = null)
    {
        TimeSpan length = lease ?? TimeSpan.FromSeconds(4);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, TimeSpan.FromSeconds(1), nameof(lease));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LongestLease, nameof(lease));
        PostgresAddress address = new(options);
        NpgsqlDataSource source = address.Locks(length);
        try
        {
            NpgsqlConnection connection = await source.OpenConnectionAsync().ConfigureAwait(false);
            PostgresSession session = new(connection);
            await PostgresSchema.MakeLeasesAsync(session).ConfigureAwait(false);
            string owner = await session.TextAsync("SELECT gen_random_uuid()::text").ConfigureAwait(false);
            await TakeAsync(session, address, owner, length).ConfigureAwait(false);
            return new NodeLock(source, connection, address, owner, length, log);
        }
        catch (Exception error)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            if (PostgresErrors.IsOfDatabase(error))
            {
                throw PostgresErrors.Translate(error, address);
            }

            throw;
        }
    }

    /// <summary>Gives the lock back, so that another node need not wait for it. The store that uses it is closed before.</summary>
    public async ValueTask DisposeAsync()
    {
        _closing.Release();
        await _renewing.ConfigureAwait(false);
        await DropAsync().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
        _lost.Dispose();
    }

    /// <summary>What a write is refused with that came after the lock was lost.</summary>
    internal StoreTakenException Lost(Exception? reason) =>
        new($"Another node has taken over {_address} from this one, which it had not heard of for {_lease.TotalSeconds} s: "
            + "nothing more is written here. One database is one node's: stop the one that is too many.", reason);

    private static async Task TakeAsync(PostgresSession session, PostgresAddress address, string owner, TimeSpan lease)
    {
        const string take = """
            INSERT INTO leases (name, owner, host, pid, expires) VALUES ('node', $1, $2, $3, now() + $4)
            ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, host = excluded.host, pid = excluded.pid, expires = excluded.expires
            WHERE leases.expires < now()
            """;
        using SemaphoreSlim never = new(0);
        (string? Owner, string Host, int Pid, DateTime Expires)? first = null;
        while (await session.ExecuteAsync(take, owner, Environment.MachineName, Environment.ProcessId, lease).ConfigureAwait(false) == 0)
        {
            List<(string? Owner, string Host, int Pid, DateTime Expires)> held = await session.QueryAsync(
                "SELECT owner, coalesce(host, ''), coalesce(pid, 0), expires FROM leases WHERE name = 'node'",
                static row => (row.IsDBNull(0) ? null : row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetDateTime(3)))
                .ConfigureAwait(false);
            first ??= held[0];
            if (held is not [var holder] || holder != first)
            {
                (string? holding, string host, int pid, _) = held is [var other] ? other : first.Value;
                if (holding is not null && ClusterSql.IsCluster(holding))
                {
                    throw new StoreTakenException($"A cluster uses {address}: a node on its own cannot. Start this node with the cluster's settings "
                        + "(runner.cluster.join = database), or give it another database.");
                }

                throw new StoreTakenException($"Another node uses {address}: process {pid} on {host}. Stop it, or give this node another database.");
            }

            await never.WaitAsync(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
        }
    }

    private async Task RenewAsync()
    {
        const string renew = "UPDATE leases SET expires = now() + $2 WHERE name = 'node' AND owner = $1";
        TimeSpan every = _lease / 4;
        while (!await _closing.WaitAsync(every).ConfigureAwait(false))
        {
            try
            {
                if (await (await SessionAsync().ConfigureAwait(false)).ExecuteAsync(renew, Owner, _lease).ConfigureAwait(false) == 0)
                {
                    _log.Fatal("The store may not write any more: {Reason}", Lost(null).Message);
                    await _lost.CancelAsync().ConfigureAwait(false);
                    return;
                }
            }
            catch (Exception error) when (PostgresErrors.IsOfDatabase(error))
            {
                // The store says that the database is away; the lock is renewed when it is back, if nobody has taken it meanwhile.
                await DropAsync().ConfigureAwait(false);
            }
        }

        await GiveBackAsync().ConfigureAwait(false);
    }

    private async Task GiveBackAsync()
    {
        try
        {
            await (await SessionAsync().ConfigureAwait(false)).ExecuteAsync(
                "UPDATE leases SET expires = '-infinity' WHERE name = 'node' AND owner = $1", Owner).ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresErrors.IsOfDatabase(error))
        {
            // Then it runs out.
        }
    }

    private async Task<PostgresSession> SessionAsync()
    {
        _connection ??= await _source.OpenConnectionAsync().ConfigureAwait(false);
        return new PostgresSession(_connection);
    }

    private async Task DropAsync()
    {
        NpgsqlConnection? connection = _connection;
        _connection = null;
        if (connection is not null)
        {
            try
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (PostgresErrors.IsOfDatabase(error))
            {
                // It is broken already.
            }
        }
    }
}
