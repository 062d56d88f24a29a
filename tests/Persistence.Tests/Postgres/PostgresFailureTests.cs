using System.Collections.Concurrent;
using System.Diagnostics;
using Runner.Entities.Store;
using Runner.Persistence.Postgres;
using Runner.Tests;

namespace Runner.Persistence.Tests.Postgres;

/// <summary>The server is killed, stopped or full: each test has one of its own.</summary>
public sealed class PostgresFailureTests : IAsyncLifetime
{
    private PostgresServer _server = null!;
    private PostgresStoreOptions _options = null!;

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.StartAsync();
        _options = new PostgresStoreOptions(await _server.CreateDatabaseAsync());
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_killed_server_loses_nothing_it_acknowledged_doubles_nothing_and_is_used_again_when_it_is_back()
    {
        CollectedLog log = new();
        await using PostgresEntityStore store = await PostgresEntityStore.OpenAsync(_options, SampleTables.All, log.Logger);
        ConcurrentDictionary<string, bool> acknowledged = new();
        ConcurrentQueue<StoreException> failures = new();
        using CancellationTokenSource enough = new();
        using SemaphoreSlim some = new(0);
        Task[] writers = [.. Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
        {
            for (int number = 0; !enough.IsCancellationRequested;)
            {
                try
                {
                    // What failed may have happened: then the second try says so.
                    CommitResult result = await store.CommitAsync(SqliteScenarios.Numbered(writer, number));
                    Assert.True(result is CommitResult.Committed or CommitResult.SequenceConflict(_, 1), $"{result}");
                    acknowledged[$"{writer}.{number}"] = true;
                    number++;
                    some.Release();
                }
                catch (StoreException failure)
                {
                    failures.Enqueue(failure);
                }
            }
        }))];
        Task load = Task.WhenAny(writers).Unwrap();

        for (int round = 0; round < 3; round++)
        {
            await WaitForAsync(load, some, 300);
            await _server.KillAsync();
            while (failures.IsEmpty)
            {
                await Task.Yield();
            }

            await Assert.ThrowsAsync<StoreUnavailableException>(() => store.LoadAsync(StoreConformance.Run("a")));
            await _server.StartAgainAsync();
            long began = Stopwatch.GetTimestamp();
            while (await some.WaitAsync(0))
            {
            }

            await WaitForAsync(load, some, 32);
            Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 60);
            await store.LoadAsync(StoreConformance.Run("a"));
            failures.Clear();
        }

        await enough.CancelAsync();
        await Task.WhenAll(writers);
        await StoreConformance.AssertAllAsync(store, acknowledged.Keys);
        Assert.Equal(["cannot write", "writes again", "cannot write", "writes again", "cannot write", "writes again"],
            log.Lines.Select(line => line.Contains("cannot write", StringComparison.Ordinal) ? "cannot write"
                : line.Contains("writes again", StringComparison.Ordinal) ? "writes again" : line));
        Assert.DoesNotContain(log.Lines, line => line.Contains(PostgresServer.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_is_away_at_the_start_is_said_to_be()
    {
        await _server.StopAsync();
        StoreUnavailableException away = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => PostgresEntityStore.OpenAsync(_options, SampleTables.All, Serilog.Core.Logger.None));
        Assert.StartsWith(
            $"The PostgreSQL database «test1» on 127.0.0.1:{_server.Port} cannot be reached: see that the server runs and listens there.",
            away.Message, StringComparison.Ordinal);
        AssertKeepsSecret(away);
        Assert.StartsWith(
            away.Message, (await Assert.ThrowsAsync<StoreUnavailableException>(() => NodeLock.TakeAsync(_options, Serilog.Core.Logger.None))).Message,
            StringComparison.Ordinal);

        await _server.StartAgainAsync();
        await using PostgresEntityStore store = await PostgresEntityStore.OpenAsync(_options, SampleTables.All, Serilog.Core.Logger.None);
        await store.PingAsync();
    }

    [Fact]
    public async Task A_store_that_nobody_uses_notices_that_the_server_is_back()
    {
        await using PostgresEntityStore store = await PostgresEntityStore.OpenAsync(_options, SampleTables.All, Serilog.Core.Logger.None);
        await store.PingAsync();
        await _server.StopAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(store.PingAsync);
        await _server.StartAgainAsync();
        // Reads that idled through it begin anew by themselves; what is written waits for the next try, which is soon.
        await store.LoadAsync(StoreConformance.Run("a"));
        for (bool written = false; !written;)
        {
            try
            {
                written = await store.CommitAsync(StoreConformance.Commit(StoreConformance.Write("a", 0))) is CommitResult.Committed;
            }
            catch (StoreUnavailableException)
            {
            }
        }
    }

    [Fact]
    public async Task A_lock_outlives_its_server_and_a_store_under_it_goes_on()
    {
        await using NodeLock held = await NodeLock.TakeAsync(_options, Serilog.Core.Logger.None, TimeSpan.FromSeconds(1));
        await using PostgresEntityStore store = await PostgresEntityStore.OpenAsync(
            _options with { Lock = held }, SampleTables.All, Serilog.Core.Logger.None);
        await store.PingAsync();
        await _server.KillAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(store.PingAsync);
        await _server.StartAgainAsync();
        for (bool well = false; !well;)
        {
            try
            {
                await store.PingAsync();
                well = true;
            }
            catch (StoreUnavailableException)
            {
            }
        }

        Assert.False(held.LostToken.IsCancellationRequested);
    }

    private static void AssertKeepsSecret(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            Assert.DoesNotContain(PostgresServer.Password, error.ToString(), StringComparison.Ordinal);
        }
    }

    private static async Task WaitForAsync(Task load, SemaphoreSlim some, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Task<bool> written = some.WaitAsync(TimeSpan.FromSeconds(60));
            if (await Task.WhenAny(load, written) == load)
            {
                await load;
            }

            Assert.True(await written, "nothing is written any more");
        }
    }
}
