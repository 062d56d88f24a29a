using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Runner.Cluster.Tests.Kit;

/// <summary>
/// Nodes of one cluster: real programs, each with a settings file, a data folder and ports of its own, on a database of their own on the tests'
/// PostgreSQL. They end, and all is removed, when this is disposed of.
/// </summary>
internal sealed class ClusterKit : IAsyncDisposable
{
    private readonly List<ClusterNode> _nodes = [];
    private readonly string _connection;
    private readonly PostgresServer _server;

    private ClusterKit(PostgresServer server, string connection) => (_server, _connection) = (server, connection);

    /// <summary>Whether its folder stays, for somebody else to delete.</summary>
    public bool KeepsRoot { get; set; }

    public string Root { get; } = Directory.CreateTempSubdirectory("runner-cluster-").FullName;

    /// <summary>With what the nodes are told of the database, but for its password, which stands in a file.</summary>
    public string Database => new NpgsqlConnectionStringBuilder(_connection).Database!;

    /// <param name="server">Where its database is; null for the one that the tests share.</param>
    public static async Task<ClusterKit> CreateAsync(PostgresServer? server = null)
    {
        server ??= await SharedPostgres.ServerAsync();
        return new(server, await server.CreateDatabaseAsync());
    }

    /// <summary>Starts a node, without waiting for anything.</summary>
    /// <param name="settings">What it is told beside; later lines count.</param>
    public ClusterNode Start(string name, params string[] settings) => Start(name, NodePlace.Here, settings);

    /// <summary>Starts a node somewhere.</summary>
    public ClusterNode Start(string name, NodePlace place, params string[] settings)
    {
        var node = ClusterNode.Start(
            Root, name, place, FreePort(), FreePort(), [.. StoreSettings(), "runner.cluster.join = database", .. settings]);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Starts a node where another was: with its data, its name and its ports.</summary>
    public ClusterNode Restart(ClusterNode former, params string[] settings) => Restart(former, former.Place, settings);

    /// <inheritdoc cref="Restart(ClusterNode, string[])"/>
    public ClusterNode Restart(ClusterNode former, NodePlace place, params string[] settings)
    {
        var node = ClusterNode.Start(
            Root, former.Name, place, former.ApiPort, former.Port, [.. StoreSettings(), "runner.cluster.join = database", .. settings]);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Starts nodes at one instant, and waits until each sees all.</summary>
    public async Task<ClusterNode[]> FormAsync(int count, params string[] settings)
    {
        var nodes = Enumerable.Range(1, count).Select(i => Start($"n{i}", settings)).ToArray();
        await AllSeeAsync(nodes);
        return nodes;
    }

    /// <summary>Waits until each of the nodes sees those as the members, all of them reached.</summary>
    public static async Task AllSeeAsync(params ClusterNode[] nodes) => await Task.WhenAll(nodes.Select(n => n.SeesAsync(nodes)));

    /// <summary>A port that nobody listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A reading of the database: the first column, as text.</summary>
    public async Task<string[]> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connection) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<string>();
        while (await reader.ReadAsync())
        {
            found.Add(reader.GetValue(0).ToString()!);
        }

        return [.. found];
    }

    /// <summary>Keeps everybody else from a table until it is disposed of.</summary>
    public async Task<IAsyncDisposable> LockAsync(string table)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connection) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Reads until the first column is this.</summary>
    public async Task UntilAsync(string sql, string[] expected)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var last = await QueryAsync(sql);
        for (var began = Stopwatch.GetTimestamp(); !last.SequenceEqual(expected); last = await QueryAsync(sql))
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(2))
            {
                throw new TimeoutException($"{sql} gives {string.Join(", ", last)} and not {string.Join(", ", expected)}.");
            }

            await timer.WaitForNextTickAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await _server.ExecuteAsync("postgres", $"DROP DATABASE {Database} WITH (FORCE)");
        if (!KeepsRoot)
        {
            Directory.Delete(Root, recursive: true);
        }
    }

    /// <summary>A setting by which a node reaches the database at another port of this machine.</summary>
    public string DatabaseAt(int port) =>
        $"runner.store.connection = \"{new NpgsqlConnectionStringBuilder(_connection) { Password = null, Host = "127.0.0.1", Port = port }}\"";

    /// <summary>
    /// A setting by which a node has the database's clock differ from its own by so much: what its statements call now() is a function of the tests.
    /// Every statement of that node goes by it, so that it is for nodes that are refused, or on their own.
    /// </summary>
    public async Task<string> DatabaseWithClockAsync(TimeSpan ahead)
    {
        var schema = FormattableString.Invariant($"clock_{(ahead < TimeSpan.Zero ? "behind" : "ahead")}_{ahead.Duration().TotalSeconds:0}");
        await QueryAsync(FormattableString.Invariant($"""
            CREATE SCHEMA {schema};
            CREATE FUNCTION {schema}.now() RETURNS timestamptz STABLE LANGUAGE sql
                AS $$ SELECT pg_catalog.now() + interval '{ahead.TotalSeconds:0} s' $$;
            """));
        var connection = new NpgsqlConnectionStringBuilder(_connection) { Password = null, SearchPath = $"public,{schema},pg_catalog" };
        return $"runner.store.connection = \"{connection}\"";
    }

    /// <summary>How nodes reach the database at another address of this machine.</summary>
    // Without asking for Kerberos, which asks a name server that is not reached from everywhere.
    public string ConnectionAt(string host) => new NpgsqlConnectionStringBuilder(_connection)
    {
        Password = null, Host = host, GssEncryptionMode = GssEncryptionMode.Disable,
    }.ToString();

    /// <summary>Where the database is.</summary>
    public int DatabasePort => new NpgsqlConnectionStringBuilder(_connection).Port;

    private string[] StoreSettings()
    {
        var connection = new NpgsqlConnectionStringBuilder(_connection) { Password = null };
        var password = Path.Combine(Root, "password");
        if (!File.Exists(password))
        {
            File.WriteAllText(password, PostgresServer.Password);
            File.SetUnixFileMode(password, UnixFileMode.UserRead);
        }

        return ["runner.store.kind = postgresql", $"runner.store.connection = \"{connection.ConnectionString}\"",
            $"runner.store.password-file = \"{password}\""];
    }
}
