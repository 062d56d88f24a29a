using System.Collections.Immutable;
using System.Diagnostics;
using Npgsql;
using Runner.Persistence.Postgres;
using Runner.Persistence.Postgres.Cluster;

namespace Runner.Persistence.Tests.Postgres.Cluster;

/// <summary>What the tests of keepers have in common.</summary>
internal static class Keepers
{
    /// <summary>A lease short enough for tests, and long enough for a machine that is busy.</summary>
    public static readonly ClusterKeeperOptions Short = new()
    {
        LeaseTtl = TimeSpan.FromSeconds(2), RenewEvery = TimeSpan.FromMilliseconds(250), OperationTimeout = TimeSpan.FromSeconds(1),
    };

    private static int _clusters;

    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public static Task<ClusterKeeper> OpenAsync(PostgresStoreOptions options, ClusterKeeperOptions? keeping = null, Serilog.ILogger? log = null) =>
        ClusterKeeper.OpenAsync(options, keeping ?? Short, log ?? Serilog.Core.Logger.None);

    public static Guid NewCluster() => new(Interlocked.Increment(ref _clusters), 0, 0, new byte[8]);

    public static NodeRow Node(string name, string owner, Guid? cluster = null, NodeStatus status = NodeStatus.Up) => new(
        name, owner, $"akka.tcp://runner@{owner[..owner.LastIndexOf('#')]}", $"http://{name}:8080", cluster, status,
        ImmutableSortedDictionary<string, string>.Empty.Add("gpu", "true").Add("zone", "ä «a»"), 8, "1.2.3", 4,
        ["run.changed/1", "run.ended/2"]);

    /// <summary>Asks again and again until it is so.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using SemaphoreSlim never = new(0);
        for (long began = Stopwatch.GetTimestamp(); !await isSo();)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Patience, "it does not become so");
            await never.WaitAsync(20);
        }
    }

    public static async Task<T> ReadAsync<T>(PostgresStoreOptions options, string sql)
    {
        await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(options.Connection) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return (await new PostgresSession(connection).QueryAsync(sql, row => row.GetFieldValue<T>(0)))[0];
    }

    public static string Database(PostgresStoreOptions options) => new NpgsqlConnectionStringBuilder(options.Connection).Database!;
}

/// <summary>Hears that a lease is lost.</summary>
internal sealed class LostSignal
{
    private readonly TaskCompletionSource<Exception?> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsLost => _lost.Task.IsCompleted;

    public Task<Exception?> Task => _lost.Task.WaitAsync(Keepers.Patience);

    public DateTimeOffset At { get; private set; }

    public void Lose(Exception? reason)
    {
        At = new SteppedTime().GetUtcNow();
        _lost.SetResult(reason);
    }
}

/// <summary>The real clock, which may be made to step.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private long _stepped;

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _stepped);

    public void Step(TimeSpan by) => Interlocked.Add(ref _stepped, (long)(by.TotalSeconds * TimestampFrequency));
}
