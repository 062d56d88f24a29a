using Runner.Actors;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Actors.Retention;
using Runner.Entities.Store;
using Runner.Persistence.Sqlite;
using Runner.Host.Backup;
using Runner.Host.Cluster;
using Runner.Host.Commands;
using Runner.Host.Configuration;

namespace Runner.Host;

/// <summary>Puts a node together: store, flow runner, actors.</summary>
internal static class NodeComposition
{
    /// <summary>The store's file in the data folder; SQLite puts others beside it whose names begin with this one.</summary>
    public const string StoreFile = "store.db";

    /// <exception cref="NodeStartException">The store cannot be opened.</exception>
    public static async Task<StartedNode> StartAsync(NodeStart start, CancellationToken cancel)
    {
        var folder = start.Options.DataDirectory;
        var store = await OpenAsync(Path.Combine(folder, StoreFile), start).ConfigureAwait(false);
        var flowRunner = LocalFlowRunner.Create(new SubprocessOptions(folder), start.Log);
        var settings = new NodeSettings(start.Options.NodeName, start.Options.ProcessLimit, run =>
        [
            new("RUNNER_API_URL", start.ApiUrl),
            new("RUNNER_TOKEN", start.ProgramToken(run)),
        ])
        {
            FreeSpace = start.Options.MinFreeSpace > 0 ? new FreeSpaceRule(folder, start.Options.MinFreeSpace, () => FreeSpaceOf(folder)) : null,
            Retention = new RetentionSettings(
                new RetentionRule(start.Options.RetentionKeepFor, start.Options.RetentionKeepRuns), start.Options.RetentionKeepAtLeast)
            {
                Output = new FileRunOutput(new RunFiles(folder)),
            },
            Telemetry = start.Telemetry,
        };
        var system = await NodeSystem.StartAsync(store, flowRunner, settings, start.Time, start.Log, start.Options.Akka, cancel).ConfigureAwait(false);
        return new StartedNode(
            system.Node,
            async () =>
            {
                (flowRunner as IDisposable)?.Dispose();
                await store.DisposeAsync().ConfigureAwait(false);
            },
            (copyFolder, off) => StoreCopy.MakeAsync(store, Path.Combine(copyFolder, StoreFile), start.Log, off))
        {
            Checks = [system.Check],
        };
    }

    private static long? FreeSpaceOf(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (IOException)
        {
            // The volume is gone: that is the store's to say, and not a lack of room.
            return null;
        }
    }

    private static async Task<SqliteEntityStore> OpenAsync(string path, NodeStart start)
    {
        try
        {
            return await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(path) { Telemetry = start.Telemetry?.Engine }, Tables.All, start.Log).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            throw new NodeStartException(e.Message);
        }
    }
}
