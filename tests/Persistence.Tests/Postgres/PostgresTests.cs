using Runner.Tests;

namespace Runner.Persistence.Tests.Postgres;

/// <summary>The server that these tests share; each has a database of its own.</summary>
public sealed class SharedPostgres : IAsyncLifetime
{
    public PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await PostgresServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class PostgresTests : ICollectionFixture<SharedPostgres>
{
    public const string Name = "PostgreSQL";
}
