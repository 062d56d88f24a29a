using Runner.Entities;

namespace Runner.Persistence.Postgres;

/// <summary>Where the database is and how it is used. Says itself without the password.</summary>
/// <param name="Connection">
/// <c>Host=db.example;Database=runner;Username=runner</c> with the names that Npgsql knows, or <c>postgresql://runner@db.example/runner</c>.
/// </param>
public sealed record PostgresStoreOptions(string Connection)
{
    /// <summary>
    /// The password, where it does not stand in <see cref="Connection"/>; it should not, since whoever lists processes could read it there.
    /// </summary>
    public string? Password { get; init; }

    /// <summary>The most commits written in one transaction; from 1.</summary>
    public int LargestGroup { get; init; } = 1_000;

    /// <summary>How many reads go on at once, each on a connection of its own; from 1.</summary>
    public int Readers { get; init; } = 8;

    /// <summary>How long to wait for a connection; from 1 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After how long a statement is given up; from 1 s. Making tables and indexes takes as long as it takes.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>For how long an erased entity's last number is remembered; a day unless told.</summary>
    public TimeSpan ErasedKept { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The clock of what is erased and of snapshots; null for the database's own, which all who write to it share.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>
    /// The lock on this database of a node on its own; null writes without one, as the nodes of a cluster do: what they write at once is decided by
    /// the journal's key alone, for each entity. While it is held nobody else's is, and with every transaction the database
    /// looks whether it still is. Stays the caller's to release, after the store is closed.
    /// </summary>
    public NodeLock? Lock { get; init; }

    /// <summary>Where commits are measured; null measures nothing. Stays the caller's to dispose.</summary>
    public EntityTelemetry? Telemetry { get; init; }

    /// <summary>
    /// The command that copies the database with PostgreSQL's own program while nodes work, for a shell; without the password, for which it asks.
    /// </summary>
    /// <param name="file">Where to.</param>
    public string DumpCommand(string file) => new PostgresAddress(this).DumpCommand(file);

    /// <summary>A word of a command for a shell, in quotes if it needs them.</summary>
    public static string ForShell(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "_-./:,@".Contains(c, StringComparison.Ordinal)) ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>The database, as messages name it.</summary>
    public string DatabaseText => new PostgresAddress(this).ToString();

    /// <inheritdoc/>
    public override string ToString() => $"{nameof(PostgresStoreOptions)} of {new PostgresAddress(this)}";
}
