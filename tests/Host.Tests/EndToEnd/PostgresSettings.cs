using Npgsql;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>A database for nodes to work on, as a person would tell a node of it: the password in a file.</summary>
internal sealed class PostgresSettings
{
    private readonly string _passwordFile;

    private PostgresSettings(string connection, string folder)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        Database = settings.Database!;
        _passwordFile = Path.Combine(folder, $"password-of-{Database}");
        File.WriteAllText(_passwordFile, settings.Password + "\n");
        Shell.Run("chmod", "600", _passwordFile);
        settings.Password = null;
        Connection = settings.ConnectionString;
    }

    public string Database { get; }

    /// <summary>Without the password.</summary>
    public string Connection { get; }

    public string[] Flags => ["--store", "postgresql", "--store-connection", Connection, "--store-password-file", _passwordFile];

    /// <summary>An empty database of the server that tests share.</summary>
    public static async Task<PostgresSettings> CreateAsync(string folder) => new(await SharedPostgres.CreateDatabaseAsync(), folder);

    public static PostgresSettings Of(string connection, string folder) => new(connection, folder);

    public Task<RunnerProgram> StartNodeAsync(string data, params string[] arguments) => RunnerProgram.StartNodeAsync(data, [.. arguments, .. Flags]);
}
