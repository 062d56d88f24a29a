using System.Globalization;
using Npgsql;

namespace Runner.Persistence.Postgres;

/// <summary>The database of some options, as messages name it and as connections are made to it.</summary>
internal sealed class PostgresAddress
{
    // What a store does with an index it does with prepared statements that look for keys; a plan that reads a whole table is always a mistake,
    // made while the table was empty.
    private const string WriterSettings =
        "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan -c synchronous_commit=on";

    // Readers promise nothing, so they cannot write by mistake.
    private const string ReaderSettings = "-c default_transaction_read_only=on -c max_parallel_workers_per_gather=0";

    private const string GssEncryption = "GSS Encryption Mode";

    private readonly PostgresStoreOptions _options;
    private readonly NpgsqlConnectionStringBuilder _connection;

    /// <exception cref="ArgumentException">The options name no database. Says nothing of what they hold: a password may stand anywhere in
    /// it.</exception>
    public PostgresAddress(PostgresStoreOptions options)
    {
        _options = options;
        _connection = Parse(options.Connection);
        if (string.IsNullOrEmpty(_connection.Host))
        {
            throw new ArgumentException(
                "The connection of the PostgreSQL store names no host: give «Host=…;Database=…;Username=…» or «postgresql://user@host/database».");
        }

        _connection.Password = options.Password ?? _connection.Password;
        _connection.Database ??= _connection.Username;
    }

    public string Host => _connection.Host!.StartsWith('/') ? _connection.Host : $"{_connection.Host}:{_connection.Port}";

    public string Database => _connection.Database ?? "";

    public string User => _connection.Username ?? "";

    /// <summary>Itself as a sentence begins with it.</summary>
    public string Capital => $"The{ToString()[3..]}";

    /// <summary>How long whoever waits for a statement's answer waits: longer than the server does, so that it is the server that says so.</summary>
    private TimeSpan Patience => _options.StatementTimeout + TimeSpan.FromSeconds(5);

    /// <summary>Connections that write, each made for one who keeps it.</summary>
    public NpgsqlDataSource Writers() => Source(settings =>
    {
        settings.Pooling = false;
        settings.ApplicationName = "runner writer";
        settings.Options = Joined(settings.Options, Limits(_options.StatementTimeout), WriterSettings);
    });

    /// <summary>A pool of connections that read.</summary>
    public NpgsqlDataSource Readers() => Source(settings =>
    {
        settings.MaxPoolSize = _options.Readers;
        settings.NoResetOnClose = true;
        settings.ApplicationName = "runner reader";
        settings.Options = Joined(settings.Options, Limits(_options.StatementTimeout), ReaderSettings);
    });

    /// <summary>Connections for what is done once: no statement is given up.</summary>
    public NpgsqlDataSource Builders() => Source(settings =>
    {
        settings.Pooling = false;
        settings.CommandTimeout = 0;
        settings.MaxAutoPrepare = 0;
        settings.ApplicationName = "runner schema";
    });

    /// <summary>Connections for the node's lock: what takes longer than the lock is of no use.</summary>
    /// <param name="isDurable">Whether what was answered outlives a crash of the server.</param>
    public NpgsqlDataSource Locks(TimeSpan patience, bool isDurable = false) => Source(settings =>
    {
        settings.Pooling = false;
        settings.Timeout = Math.Min(Seconds(patience), settings.Timeout);
        settings.CommandTimeout = Seconds(patience);
        settings.MaxAutoPrepare = 0;
        settings.ApplicationName = "runner lock";
        // Nobody relies on a renewal that a crash of the server undoes, and whoever writes would wait for it to reach the disk.
        settings.Options = Joined(settings.Options, Limits(patience), isDurable ? "-c synchronous_commit=on" : "-c synchronous_commit=off");
    });

    /// <inheritdoc/>
    public override string ToString() => $"the PostgreSQL database «{Database}» on {Host}";

    public string DumpCommand(string file) => string.Join(' ', new[]
    {
        "pg_dump", "-h", _connection.Host!, "-p", _connection.Port.ToString(CultureInfo.InvariantCulture), "-U", User, "-Fc", "-f", file, Database,
    }.Select(PostgresStoreOptions.ForShell));

    private NpgsqlDataSource Source(Action<NpgsqlConnectionStringBuilder> change)
    {
        NpgsqlConnectionStringBuilder settings = new(_connection.ConnectionString)
        {
            Timeout = Seconds(_options.ConnectTimeout), CommandTimeout = Seconds(Patience), CancellationTimeout = 1_000, TcpKeepAlive = true,
            MaxAutoPrepare = 200, AutoPrepareMinUsages = 2, IncludeErrorDetail = false, Enlist = false,
        };
        if (!_connection.ShouldSerialize(GssEncryption))
        {
            // Whoever asks for it looks up the host's name first: where no name server answers, for longer than a lease lasts.
            settings.GssEncryptionMode = GssEncryptionMode.Disable;
        }

        change(settings);
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }

    private static string Limits(TimeSpan statement) =>
        $"-c idle_in_transaction_session_timeout=2s -c jit=off -c statement_timeout={(long)statement.TotalMilliseconds} -c "
        + $"lock_timeout={(long)statement.TotalMilliseconds / 2}";

    private static string Joined(params string?[] settings) => string.Join(' ', settings.Where(setting => !string.IsNullOrEmpty(setting)));

    private static int Seconds(TimeSpan time) => (int)Math.Ceiling(time.TotalSeconds);

    private static NpgsqlConnectionStringBuilder Parse(string connection)
    {
        try
        {
            return connection.StartsWith("postgresql://", StringComparison.Ordinal) || connection.StartsWith("postgres://", StringComparison.Ordinal)
                ? ParseUri(new Uri(connection))
                : new NpgsqlConnectionStringBuilder(connection);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or KeyNotFoundException)
        {
            // The library's message may hold a part of the password.
            throw new ArgumentException("The connection of the PostgreSQL store cannot be read: "
                + "give «Host=…;Database=…;Username=…» or «postgresql://user@host/database»; a value with a semicolon stands in quotes.");
        }
    }

    private static NpgsqlConnectionStringBuilder ParseUri(Uri uri)
    {
        NpgsqlConnectionStringBuilder settings = new() { Host = Uri.UnescapeDataString(uri.Host) };
        settings.Port = uri.Port > 0 ? uri.Port : settings.Port;
        string[] user = uri.UserInfo.Split(':', 2);
        settings.Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null;
        settings.Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null;
        settings.Database = uri.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(uri.AbsolutePath[1..]) : null;
        foreach (string option in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = option.Split('=', 2);
            settings[pair[0] == "sslmode" ? "SSL Mode" : Uri.UnescapeDataString(pair[0])] = pair.Length > 1 ? Uri.UnescapeDataString(pair[1]) : "";
        }

        return settings;
    }
}
