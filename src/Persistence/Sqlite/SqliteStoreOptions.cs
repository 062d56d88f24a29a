using Runner.Entities;

namespace Runner.Persistence.Sqlite;

/// <summary>Where the database is and how it is used.</summary>
/// <param name="Path">The database file; its directory has to exist. SQLite puts <c>-wal</c> and <c>-shm</c> files beside it.</param>
public sealed record SqliteStoreOptions(string Path)
{
    /// <summary>How long to wait for another process that has the database locked. From 0; 5 s unless told.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most commits written in one transaction; from 1.</summary>
    public int LargestGroup { get; init; } = 1_000;

    /// <summary>How many reads go on at once, each on a connection of its own; from 1.</summary>
    public int Readers { get; init; } = 4;

    /// <summary>The most pages of 4 KiB the writer, and a quarter of it each reader, keeps in memory.</summary>
    public int CachedPages { get; init; } = 4_096;

    /// <summary>
    /// After how many pages of 4 KiB more the write-ahead log is carried over into the database; from 1. It begins anew at four times as many,
    /// or later, when somebody reads from it; at 64 times as many commits wait for that.
    /// </summary>
    public int CheckpointPages { get; init; } = 1_000;

    /// <summary>The largest the database may grow, in bytes; null for as large as the disk allows. Beyond it the store is full.</summary>
    public long? LargestSize { get; init; }

    /// <summary>For how long the last number of an erased entity is remembered, at least; not negative. A day unless told.</summary>
    public TimeSpan ErasedKept { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The clock of what is erased and of snapshots.</summary>
#pragma warning disable RS0030 // Nothing is decided by it; where time is not real, another is given.
    public TimeProvider Time { get; init; } = TimeProvider.System;
#pragma warning restore RS0030

    /// <summary>Where commits are measured; null measures nothing. Stays the caller's to dispose.</summary>
    public EntityTelemetry? Telemetry { get; init; }
}
