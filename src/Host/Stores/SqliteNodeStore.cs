using Runner.Actors;
using Runner.Entities.Store;
using Runner.Host.Backup;
using Runner.Host.Commands;
using Runner.Persistence.Sqlite;

namespace Runner.Host.Stores;

/// <summary>A store in the data folder, whose lock is the store's too.</summary>
internal sealed class SqliteNodeStore : INodeStore
{
    /// <summary>The store's file in the data folder; SQLite puts others beside it whose names begin with this one.</summary>
    public const string FileName = "store.db";

    private readonly SqliteEntityStore _store;
    private readonly string _folder;
    private readonly ILogger _log;

    private SqliteNodeStore(SqliteEntityStore store, string folder, ILogger log) => (_store, _folder, _log) = (store, folder, log);

    public IEntityStore Entities => _store;

    /// <summary>Never: who has the folder has the store, as long as the node lives.</summary>
    public Task<string> Lost { get; } = new TaskCompletionSource<string>().Task;

    /// <exception cref="StoreException">It cannot be opened.</exception>
    public static async Task<INodeStore> OpenAsync(NodeStart start)
    {
        var folder = start.Options.DataDirectory;
        var options = new SqliteStoreOptions(Path.Combine(folder, FileName)) { Telemetry = start.Telemetry?.Engine };
        return new SqliteNodeStore(await SqliteEntityStore.OpenAsync(options, Tables.All, start.Log).ConfigureAwait(false), folder, start.Log);
    }

    public long? Size()
    {
        try
        {
            return new DirectoryInfo(_folder).EnumerateFiles(FileName + "*").Sum(f => f.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public Task<StoreCopy> CopyToAsync(string folder, CancellationToken cancel) =>
        StoreCopy.MakeAsync(_store, Path.Combine(folder, FileName), _log, cancel);

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
