using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Runner.Tests;

/// <summary>
/// A private PostgreSQL on a loopback port, for tests: started as an unprivileged user, with its data in a folder of its own. It ends, and its
/// folder with it, when it is disposed of, and also when this process dies in whatever way: the shell that it runs under reads from us, and
/// what it reads then is the end.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    public const string User = "runner";
    public const string Password = "secret-of-the-tests";

    // The server's end is the shell's business; «keep» leaves the data, so that it can be started again.
    private const string Keeper = """
        bin=$0 data=$1
        shift
        "$bin/postgres" -D "$data" "$@" >>"$data/log" 2>&1 </dev/null &
        server=$!
        read -r last || last=
        kill -QUIT "$server" 2>/dev/null
        wait "$server" 2>/dev/null
        [ "$last" = keep ] || rm -rf "$data"
        """;

    // Neither as an argument, which everybody could read, nor from our pipe, which the other user may not open.
    private const string Maker = """
        umask 077
        # What was left where even the keeper was killed.
        for old in $(find /tmp -maxdepth 1 -name 'runner-postgres.*' -mmin +60 -user "$(id -un)"); do
            server=$(head -n 1 "$old/postmaster.pid" 2>/dev/null)
            if [ -z "$server" ] || ! kill -0 "$server" 2>/dev/null; then rm -rf "$old"; fi
        done
        cat >"$1.password"
        "$0/initdb" -D "$1" -U "$2" -A scram-sha-256 --pwfile="$1.password" -E UTF8 --locale=C.UTF-8 --no-sync
        made=$?
        rm -f "$1.password"
        exit "$made"
        """;

    private readonly string _bin;
    private readonly string _data;
    private readonly bool _fsync;
    private readonly string? _host;
    private Process? _keeper;
    private int _databases;

    private PostgresServer(string bin, string data, int port, bool fsync, string? host) =>
        (_bin, _data, Port, _fsync, _host) = (bin, data, port, fsync, host);

    public int Port { get; }

    /// <summary>What is prepended to a command so that it runs as somebody PostgreSQL agrees to run as.</summary>
    private static string[] AsUnprivileged => Environment.UserName == "root" ? ["runuser", "-u", "postgres", "--"] : [];

    /// <summary>Makes a server and starts it.</summary>
    /// <param name="fsync">Whether it waits for the disk; without, only a crash of the machine loses something.</param>
    /// <param name="host">An address of this machine where it is reached beside, from anywhere; null for none.</param>
    public static async Task<PostgresServer> StartAsync(bool fsync = true, string? host = null)
    {
        string bin = FindBinaries();
        // Not in our own temporary folder, which another user may not enter.
        string data = (await RunAsync(null, [.. AsUnprivileged, "mktemp", "-d", "/tmp/runner-postgres.XXXXXX"])).Trim();
        PostgresServer server = new(bin, data, FreePort(), fsync, host);
        try
        {
            await RunAsync(Password, [.. AsUnprivileged, "sh", "-c", Maker, bin, data, User]);
            if (host is not null)
            {
                await RunAsync(
                    "host all all all scram-sha-256\n", [.. AsUnprivileged, "sh", "-c", "cat >>\"$0/pg_hba.conf\"", data]);
            }

            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection to a database of this server.</summary>
    public string Connection(string database, string password = Password) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1", Port = Port, Username = User, Password = password, Database = database
        }.ConnectionString;

    /// <summary>Makes an empty database; how to connect to it.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync("postgres", $"CREATE DATABASE {name}");
        return Connection(name);
    }

    public async Task ExecuteAsync(string database, string sql)
    {
        await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(Connection(database)) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Kills it as a crash would; what it had not promised is gone.</summary>
    public async Task KillAsync()
    {
        string pid = (await File.ReadAllLinesAsync(Path.Combine(_data, "postmaster.pid")))[0];
        string[] all = [pid, .. Directory.GetDirectories("/proc").Select(Path.GetFileName)
            .Where(process => StatusOf(process!) is [_, _, var parent, ..] && parent == pid)!];
        await RunAsync(null, [.. AsUnprivileged, "sh", "-c", """kill -KILL "$@" 2>/dev/null || true""", "sh", .. all]);
        await EndKeeperAsync("keep");
        while (all.Any(process => StatusOf(process) is [_, not "Z", ..]))
        {
            // While one of them lives, the data are in use.
            await Task.Yield();
        }
    }

    /// <summary>Starts it again after it was killed or stopped, on the same port and data; ends when it takes connections.</summary>
    public async Task StartAgainAsync()
    {
        ProcessStartInfo start = Command([.. AsUnprivileged, "sh", "-c", Keeper, _bin, _data,
            "-p", Port.ToString(CultureInfo.InvariantCulture),
            "-c", $"listen_addresses=127.0.0.1{(_host is null ? "" : $",{_host}")}", "-c", "unix_socket_directories=", "-c",
            _fsync ? "fsync=on" : "fsync=off", "-c", "max_connections=200"]);
        start.RedirectStandardInput = true;
        _keeper = Process.Start(start)!;
        for (long began = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                await ExecuteAsync("postgres", "SELECT 1");
                return;
            }
            catch (NpgsqlException error)
                when (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30) && error is not PostgresException { SqlState: not "57P03" })
            {
                // Nothing tells that a server is ready but its answer.
                await Task.Yield();
            }
        }
    }

    /// <summary>Ends it at once and leaves its data.</summary>
    public Task StopAsync() => EndKeeperAsync("keep");

    public async ValueTask DisposeAsync()
    {
        await EndKeeperAsync("");
        // The keeper has removed it, unless there was none.
        await RunAsync(null, [.. AsUnprivileged, "rm", "-rf", _data]);
    }

    private async Task EndKeeperAsync(string last)
    {
        if (_keeper is { } keeper)
        {
            _keeper = null;
            await keeper.StandardInput.WriteLineAsync(last);
            keeper.StandardInput.Close();
            await keeper.WaitForExitAsync();
            keeper.Dispose();
        }
    }

    // Name, state and parent of a process; null if there is none.
    private static string[]? StatusOf(string process)
    {
        try
        {
            string status = File.ReadAllText($"/proc/{process}/stat");
            return ["", .. status[(status.LastIndexOf(')') + 2)..].Split(' ')];
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The folder of PostgreSQL's programs.</summary>
    public static string Binaries => FindBinaries();

    /// <summary>Whether PostgreSQL's server programs are here.</summary>
    public static bool IsInstalled => Find() is not null;

    private static string FindBinaries() => Find()
        ?? throw new InvalidOperationException("These tests need PostgreSQL's server programs: install them («apt-get install postgresql»), "
            + "or name their folder in RUNNER_POSTGRES_BIN.");

    private static string? Find()
    {
        IEnumerable<string> places = (Environment.GetEnvironmentVariable("RUNNER_POSTGRES_BIN") is { Length: > 0 } told ? [told]
            : Array.Empty<string>())
            .Concat(Directory.Exists("/usr/lib/postgresql")
                ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out int version)
                    ? version : 0).Select(folder => Path.Combine(folder, "bin"))
                : [])
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'));
        return places.FirstOrDefault(place => File.Exists(Path.Combine(place, "initdb")) && File.Exists(Path.Combine(place, "postgres")));
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<string> RunAsync(string? input, params string[] command)
    {
        ProcessStartInfo start = Command(command);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input ?? "");
        process.StandardInput.Close();
        string[] output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output[0] : throw new InvalidOperationException($"{string.Join(' ', command)}: {string.Concat(output)}");
    }

    // Somebody else may not enter the folder we are in.
    private static ProcessStartInfo Command(params string[] command) => new(command[0], command.Skip(1)) { WorkingDirectory = "/" };
}
