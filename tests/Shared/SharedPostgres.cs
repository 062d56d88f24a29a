using Npgsql;

namespace Runner.Tests;

/// <summary>
/// One server for all tests of a project that do nothing to it, started when the first of them needs it; it ends with this process. It does
/// not wait for the disk: it is not what is tested.
/// </summary>
internal static class SharedPostgres
{
    private static readonly Lazy<Task<PostgresServer>> Server = new(() => PostgresServer.StartAsync(fsync: false));

    public static Task<PostgresServer> ServerAsync() => Server.Value;

    /// <summary>Makes an empty database; how to connect to it.</summary>
    public static async Task<string> CreateDatabaseAsync() => await (await Server.Value).CreateDatabaseAsync();

    /// <summary>Drops a database that nobody needs any more.</summary>
    /// <param name="connection">How it was connected to; null for none.</param>
    public static async Task DropDatabaseAsync(string? connection)
    {
        if (connection is not null)
        {
            await (await Server.Value)
                .ExecuteAsync("postgres", $"DROP DATABASE {new NpgsqlConnectionStringBuilder(connection).Database} WITH (FORCE)");
        }
    }
}
