using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Persistence.Postgres;

namespace Runner.Persistence.Tests.Postgres;

[Collection(PostgresTests.Name)]
public sealed class PostgresStoreTests(SharedPostgres shared) : StoreConformance
{
    protected override async Task<IEntityStore> OpenAsync(ImmutableArray<TableDefinition> tables) =>
        await PostgresEntityStore.OpenAsync(
            new PostgresStoreOptions(await shared.Server.CreateDatabaseAsync()) { Time = Time }, tables, Serilog.Core.Logger.None);
}
