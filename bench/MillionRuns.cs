using Runner.Actors;
using Runner.Entities.Store;
using Runner.Persistence.Sqlite;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>A data folder with a million ended runs; made once for all the figures that need one.</summary>
internal static class MillionRuns
{
    public const int Deployments = 1_000;

    /// <summary>The setting without which a node would begin to delete them: they are older than its rules keep.</summary>
    public static readonly (string, string) KeptForEver = ("RUNNER_RETENTION_KEEP_FOR", "forever");

    private static string? _folder;

    public static int Count { get; set; } = 1_000_000;

    /// <summary>When the last run was made.</summary>
    public static DateTimeOffset Newest { get; } = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    public static async Task<string> FolderAsync()
    {
        if (_folder is null)
        {
            _folder = Directory.CreateTempSubdirectory("runner-bench-").FullName;
            var store = await OpenAsync().ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                await ManyRuns.FillAsync(store, new ManyRunsOptions(Count, Deployments, Newest)).ConfigureAwait(false);
            }
        }

        return _folder;
    }

    /// <summary>Ids of some of the runs.</summary>
    public static async Task<string[]> SomeAsync(int count)
    {
        var store = await OpenAsync().ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            return [.. (await store.RowsAsync(new RowQuery(Tables.Runs.Name, [], [new("created")], count)).ConfigureAwait(false))
                .Select(row => row.Key)];
        }
    }

    public static void Delete()
    {
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
            _folder = null;
        }
    }

    private static Task<SqliteEntityStore> OpenAsync() =>
        SqliteEntityStore.OpenAsync(new SqliteStoreOptions(NodeProgram.StoreIn(_folder!)), Tables.All, Logger.None);
}
