using System.Collections.Immutable;
using Akka.Configuration;
using Runner.Entities.Store;
using Runner.InMemoryStore;
using Runner.Persistence.Journal;
using Runner.Persistence.Sqlite;
using Xunit.Abstractions;

namespace Runner.Persistence.Tests.Journal;

/// <summary>The simulation's journal over its store.</summary>
public sealed class StoreJournalTests(ITestOutputHelper output) : JournalConformance(output)
{
    protected override Config Config => EntityJournalSetup.StoreConfig();

    protected override Task<IEntityStore> OpenAsync(ImmutableArray<TableDefinition> tables) =>
        Task.FromResult<IEntityStore>(new InMemoryEntityStore(tables));
}

/// <summary>A node's journal over what answers at once.</summary>
public sealed class InMemoryJournalTests(ITestOutputHelper output) : JournalConformance(output)
{
    protected override Task<IEntityStore> OpenAsync(ImmutableArray<TableDefinition> tables) =>
        Task.FromResult<IEntityStore>(new InMemoryEntityStore(tables));
}

/// <summary>A node's journal over a file.</summary>
public sealed class SqliteJournalTests(ITestOutputHelper output) : JournalConformance(output)
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("journal");

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    protected override async Task<IEntityStore> OpenAsync(ImmutableArray<TableDefinition> tables) =>
        await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(Path.Combine(_directory.FullName, "runner.db")), tables, Serilog.Core.Logger.None);
}
