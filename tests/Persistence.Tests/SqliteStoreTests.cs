using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Persistence.Sqlite;

namespace Runner.Persistence.Tests;

public sealed class SqliteStoreTests : StoreConformance
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("store");

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    protected override async Task<IEntityStore> OpenAsync(ImmutableArray<TableDefinition> tables) =>
        await SqliteEntityStore.OpenAsync(
            new SqliteStoreOptions(Path.Combine(_directory.FullName, "runner.db")) { Time = Time }, tables, Serilog.Core.Logger.None);
}
