using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Persistence.Postgres;
using Runner.Persistence.Sqlite;
using Runner.Tests;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>What a store is made on.</summary>
internal enum StoreKind
{
    Sqlite,
    Postgres,
}

/// <summary>A store made for one measurement: a file of its own, or a database of its own on a private server.</summary>
internal sealed class BenchStore : IAsyncDisposable
{
    private static PostgresServer? _server;

    private readonly string? _folder;
    private readonly NodeLock? _lock;

    private BenchStore(IEntityStore store, string? folder, NodeLock? nodeLock) => (Store, _folder, _lock) = (store, folder, nodeLock);

    public IEntityStore Store { get; }

    /// <summary>As rows of the report say it.</summary>
    public static string Text(StoreKind kind) => kind == StoreKind.Sqlite ? "SQLite with full sync" : "PostgreSQL with fsync";

    public static Task<BenchStore> OpenAsync(StoreKind kind, ImmutableArray<TableDefinition> tables) =>
        kind == StoreKind.Sqlite ? SqliteAsync(tables) : PostgresAsync(tables);

    /// <summary>Ends the server, if one was started.</summary>
    public static async Task EndServerAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await server.DisposeAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync().ConfigureAwait(false);
        if (_lock is not null)
        {
            await _lock.DisposeAsync().ConfigureAwait(false);
        }

        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static async Task<BenchStore> SqliteAsync(ImmutableArray<TableDefinition> tables)
    {
        var folder = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        return new BenchStore(
            await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(Path.Combine(folder, "store.db")), tables, Logger.None)
                .ConfigureAwait(false), folder, null);
    }

    // With the lock that a node holds: that it does is looked at in every transaction.
    private static async Task<BenchStore> PostgresAsync(ImmutableArray<TableDefinition> tables)
    {
        _server ??= await PostgresServer.StartAsync(fsync: true).ConfigureAwait(false);
        var options = new PostgresStoreOptions(await _server.CreateDatabaseAsync().ConfigureAwait(false));
        var nodeLock = await NodeLock.TakeAsync(options, Logger.None).ConfigureAwait(false);
        return new BenchStore(
            await PostgresEntityStore.OpenAsync(options with { Lock = nodeLock }, tables, Logger.None).ConfigureAwait(false), null, nodeLock);
    }
}
