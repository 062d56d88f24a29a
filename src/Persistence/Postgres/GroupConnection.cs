using System.Diagnostics;
using Npgsql;
using Runner.Entities.Store;

namespace Runner.Persistence.Postgres;

/// <summary>
/// The writer's connection. A group takes two round trips: one that reads what it is decided by, one batch that writes what comes of it, which
/// is a transaction of its own. Nothing is locked in between; that somebody else wrote meanwhile shows by keys that have to be unique.
/// </summary>
internal sealed class GroupConnection : IAsyncDisposable
{
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromMinutes(1);

    private readonly NpgsqlConnection _connection;
    private readonly PostgresStoreOptions _options;
    private readonly Dictionary<string, TableSql> _tables;
    private readonly string _writer;
    private long _forgot;

    private GroupConnection(NpgsqlConnection connection, PostgresStoreOptions options, Dictionary<string, TableSql> tables, string writer) =>
        (_connection, _options, _tables, _writer) = (connection, options, tables, writer);

    /// <param name="writer">What the journal's rows say who wrote them.</param>
    public static async Task<GroupConnection> OpenAsync(
        NpgsqlDataSource source, PostgresStoreOptions options, Dictionary<string, TableSql> tables, string writer) =>
            new(await source.OpenConnectionAsync().ConfigureAwait(false), options, tables, writer);

    /// <summary>Decides the group and writes what comes of it.</summary>
    public async Task WriteAsync(IReadOnlyList<PendingCommit> group)
    {
        GroupState state = new(group);
        if (state.Entities.Length == 0)
        {
            await AskAsync().ConfigureAwait(false);
        }
        else
        {
            await ReadAsync(state).ConfigureAwait(false);
        }

        foreach (PendingCommit pending in group)
        {
            pending.Decided = state.Apply(pending.Commit);
        }

        if (Array.Exists(state.Entities, entity => entity.Touched))
        {
            await WriteAsync(state).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    // Somebody's question how the store is: the answer is only worth something where the node may write.
    private async Task AskAsync()
    {
        NpgsqlBatch batch = new(_connection);
        await using (batch.ConfigureAwait(false))
        {
            CheckLock(batch);
            GroupSql.Add(batch, "SELECT 1");
            await ExecuteAsync(batch).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(GroupState state)
    {
        NpgsqlBatch batch = new(_connection);
        await using (batch.ConfigureAwait(false))
        {
            GroupSql.Read(batch, state, new GroupClock(_options));
            NpgsqlDataReader reader = await batch.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    state.Entities[reader.GetInt64(0) - 1].Is(reader.IsDBNull(1) ? 0 : reader.GetInt64(1));
                }

                if (await reader.NextResultAsync().ConfigureAwait(false))
                {
                    while (await reader.ReadAsync().ConfigureAwait(false))
                    {
                        state.Slots[reader.GetInt64(0) - 1].Is(new EntityKey(reader.GetString(1), reader.GetString(2)));
                    }
                }
            }
        }
    }

    private async Task WriteAsync(GroupState state)
    {
        // Who is not asked about does not count any more once it is old: it only takes room.
        bool forget = Array.Exists(state.Entities, entity => entity.ErasedAt is not null)
            && (_forgot == 0 || Stopwatch.GetElapsedTime(_forgot) > ForgetEvery);
        NpgsqlBatch batch = new(_connection);
        await using (batch.ConfigureAwait(false))
        {
            CheckLock(batch);
            GroupSql.Write(batch, state, _writer, new GroupClock(_options), forget);
            foreach ((string table, Dictionary<string, RowChange> changes) in state.Rows)
            {
                _tables[table].Write(batch, changes.Values);
            }

            await ExecuteAsync(batch).ConfigureAwait(false);
        }

        _forgot = forget ? Stopwatch.GetTimestamp() : _forgot;
    }

    private void CheckLock(NpgsqlBatch batch)
    {
        if (_options.Lock is { } held)
        {
            GroupSql.CheckLock(batch, held.Owner);
        }
    }

    private async Task ExecuteAsync(NpgsqlBatch batch)
    {
        try
        {
            await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InvalidArgumentForLogarithm && _options.Lock is { } held)
        {
            throw held.Lost(error);
        }
    }
}
