using Runner.Actors;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Persistence.Sqlite;

namespace Runner.Host.Backup;

/// <summary>Copies a node's store into a folder while the node works. Throws as <see cref="Stores.INodeStore.CopyToAsync"/>.</summary>
internal delegate Task<StoreCopy> StoreCopier(string folder, CancellationToken cancel);

/// <summary>A copy of a store as it was at one moment, open so that it can be asked what it knows.</summary>
internal sealed class StoreCopy : IAsyncDisposable
{
    /// <summary>So much stays free for the node, whose own commits need room while it is copied.</summary>
    private const long KeepFree = 64L << 20;

    private readonly SqliteEntityStore _store;

    private StoreCopy(string path, SqliteEntityStore store)
    {
        Path = path;
        _store = store;
    }

    /// <summary>The copied file; complete, and not changed any more.</summary>
    public string Path { get; }

    /// <exception cref="Entities.Store.StoreException">It cannot be made; nothing of it is left.</exception>
    public static async Task<StoreCopy> MakeAsync(SqliteEntityStore store, string path, ILogger log, CancellationToken cancel)
    {
        await store.CopyToAsync(path, KeepFree, cancel);
        var options = new SqliteStoreOptions(path) { CachedPages = 512, Readers = 1 };
        return new StoreCopy(path, await SqliteEntityStore.OpenAsync(options, Tables.All, log));
    }

    /// <summary>A run's latest attempt; 0 if there is none.</summary>
    public Task<int> LatestAttemptAsync(string run) => StoredAttempts.LatestAsync(_store, run);

    /// <summary>The latest attempt of every run that has one and has not ended.</summary>
    public IAsyncEnumerable<AttemptKey> OpenAttemptsAsync(CancellationToken cancel) => StoredAttempts.OpenAsync(_store, cancel);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
