using Runner.Actors;
using Runner.Actors.FlowRunners;
using Runner.Entities.Store;
using Runner.Host.Backup;
using Runner.Host.Cluster;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Persistence.Postgres;
using Runner.Persistence.Postgres.Cluster;

namespace Runner.Host.Stores;

/// <summary>
/// A store in a PostgreSQL database. Either this node alone uses it, and holds the database's lock from before it makes tables until after the last
/// write; or it is a cluster's, whose nodes keep out each other's way by leases and by the keys of what they write.
/// </summary>
internal sealed class PostgresNodeStore : INodeStore
{
    private readonly PostgresEntityStore _store;
    private readonly NodeLock? _lock;
    private readonly PostgresStoreOptions _options;
    private readonly string _folder;
    private readonly MeasuredSize _size;
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _losing;

    private PostgresNodeStore(PostgresEntityStore store, NodeLock? held, ClusterKeeper? keeper, PostgresStoreOptions options, NodeStart start)
    {
        (_store, _lock, Keeper, _options, _folder, _size) =
            (store, held, keeper, options, start.Options.DataDirectory, new MeasuredSize(store, start.Time));
        _losing = held?.LostToken.Register(() => _lost.TrySetResult(held.LostMessage)) ?? default;
        if (keeper is not null)
        {
            keeper.OnNodeLost = reason => _lost.TrySetResult($"{reason} Stop the one that is too many, or give it another name.");
        }

        _size.Current();
    }

    public ClusterKeeper? Keeper { get; }

    public IEntityStore Entities => _store;

    public Task<string> Lost => _lost.Task;

    /// <exception cref="StoreException">The database cannot be reached or used, or another node has it.</exception>
    /// <exception cref="NodeStartException">The settings do not say a database, or the password cannot be read.</exception>
    public static async Task<INodeStore> OpenAsync(NodeStart start)
    {
        var options = new PostgresStoreOptions(start.Options.Store.WithPassword()) { Telemetry = start.Telemetry?.Engine };
        try
        {
            return start.Options.Cluster.IsCluster ? await OpenSharedAsync(options, start).ConfigureAwait(false)
                : await OpenAsync(options, start).ConfigureAwait(false);
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
        if (_lock is not null)
        {
            await _lock.DisposeAsync().ConfigureAwait(false);
        }

        if (Keeper is not null)
        {
            await CloseAsync(Keeper).ConfigureAwait(false);
        }
    }

    /// <summary>Gives back what this node has in the database, so that nobody has to wait for it.</summary>
    private static async Task CloseAsync(ClusterKeeper keeper)
    {
        try
        {
            await keeper.WithdrawAsync().ConfigureAwait(false);
        }
        catch (StoreException)
        {
            // Then it runs out.
        }

        await keeper.DisposeAsync().ConfigureAwait(false);
    }

    // What a node on its own has is not opened; nodes that start at once make the tables one after the other.
    private static async Task<PostgresNodeStore> OpenSharedAsync(PostgresStoreOptions options, NodeStart start)
    {
        var keeper = await ClusterKeeper.OpenAsync(options, LeaseTimes.Of(start.Options.Akka, start.Time), start.Log).ConfigureAwait(false);
        try
        {
            return new PostgresNodeStore(
                await PostgresEntityStore.OpenAsync(options, Tables.All, start.Log).ConfigureAwait(false), null, keeper, options, start);
        }
        catch
        {
            await keeper.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // The tables are made under the lock: nobody works on them then but this node.
    private static async Task<PostgresNodeStore> OpenAsync(PostgresStoreOptions options, NodeStart start)
    {
        var held = await NodeLock.TakeAsync(options, start.Log).ConfigureAwait(false);
        try
        {
            var store = await PostgresEntityStore.OpenAsync(options with { Lock = held }, Tables.All, start.Log).ConfigureAwait(false);
            return new PostgresNodeStore(store, held, null, options, start);
        }
        catch
        {
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
