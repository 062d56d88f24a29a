using Runner.Actors;
using Runner.Actors.FlowRunners;
using Runner.Entities.Store;
using Runner.Host.Backup;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Persistence.Postgres;

namespace Runner.Host.Stores;

/// <summary>
/// A store in a PostgreSQL database, which this node alone uses: it holds the database's lock from before it makes tables until after the last write.
/// </summary>
internal sealed class PostgresNodeStore : INodeStore
{
    private readonly PostgresEntityStore _store;
    private readonly NodeLock _lock;
    private readonly PostgresStoreOptions _options;
    private readonly string _folder;
    private readonly MeasuredSize _size;
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _losing;

    private PostgresNodeStore(PostgresEntityStore store, NodeLock held, PostgresStoreOptions options, NodeStart start)
    {
        (_store, _lock, _options, _folder, _size) = (store, held, options, start.Options.DataDirectory, new MeasuredSize(store, start.Time));
        _losing = held.LostToken.Register(() => _lost.TrySetResult(held.LostMessage));
        _size.Current();
    }

    public IEntityStore Entities => _store;

    public Task<string> Lost => _lost.Task;

    /// <exception cref="StoreException">The database cannot be reached or used, or another node has it.</exception>
    /// <exception cref="NodeStartException">The settings do not say a database, or the password cannot be read.</exception>
    public static async Task<INodeStore> OpenAsync(NodeStart start)
    {
        var options = new PostgresStoreOptions(start.Options.Store.WithPassword()) { Telemetry = start.Telemetry?.Engine };
        try
        {
            return await OpenAsync(options, start).ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            // It says what is wrong with the text without any of it.
            throw new NodeStartException($"{NodeSetting.StoreConnection.Path}: {e.Message}");
        }
    }

    public long? Size() => _size.Current();

    /// <summary>PostgreSQL's own program does it better, on whatever machine there is room.</summary>
    public Task<StoreCopy> CopyToAsync(string folder, CancellationToken cancel) => throw new BackupNotPossibleException(
        $"This node's store is {_options.DatabaseText}, which PostgreSQL's own program copies: {_options.DumpCommand("runner.dump")}. "
        + $"After it copy the output of runs: tar -C {PostgresStoreOptions.ForShell(_folder)} -cf output.tar "
        + $"{RunFiles.FolderName}{(ProgramFile.Exists(MaskKey.PathIn(_folder)) ? " " + MaskKey.FileName : "")}. "
        + "How to restore them is in docs/backup.md.");

    public async ValueTask DisposeAsync()
    {
        await _losing.DisposeAsync().ConfigureAwait(false);
        await _store.DisposeAsync().ConfigureAwait(false);
        await _lock.DisposeAsync().ConfigureAwait(false);
    }

    // The tables are made under the lock: nobody works on them then but this node.
    private static async Task<PostgresNodeStore> OpenAsync(PostgresStoreOptions options, NodeStart start)
    {
        var held = await NodeLock.TakeAsync(options, start.Log).ConfigureAwait(false);
        try
        {
            var store = await PostgresEntityStore.OpenAsync(options with { Lock = held }, Tables.All, start.Log).ConfigureAwait(false);
            return new PostgresNodeStore(store, held, options, start);
        }
        catch
        {
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
