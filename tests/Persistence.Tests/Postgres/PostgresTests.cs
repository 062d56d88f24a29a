using Runner.Tests;

namespace Runner.Persistence.Tests.Postgres;

/// <summary>
/// The server that these tests share; each has a database of its own. It does not wait for the disk: it is not what is tested here.
/// </summary>
public sealed class SharedPostgres : IAsyncLifetime
{
    public PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await PostgresServer.StartAsync(fsync: false);

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class PostgresTests : ICollectionFixture<SharedPostgres>
{
    public const string Name = "PostgreSQL";
}
