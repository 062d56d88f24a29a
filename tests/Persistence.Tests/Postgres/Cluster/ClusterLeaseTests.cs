using System.Diagnostics;
using Npgsql;
using Runner.Entities.Store;
using Runner.Persistence.Postgres;
using Runner.Persistence.Postgres.Cluster;
using Runner.Tests;

namespace Runner.Persistence.Tests.Postgres.Cluster;

[Collection(PostgresTests.Name)]
public sealed class ClusterLeaseTests(SharedPostgres shared) : IAsyncLifetime
{
    private const string One = "one:4290#1";
    private const string Other = "other:4290#2";

    private PostgresStoreOptions _options = null!;

    public async Task InitializeAsync() => _options = new PostgresStoreOptions(await shared.Server.CreateDatabaseAsync());

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_lease_is_one_owners_as_long_as_it_is_renewed_and_anybodys_when_it_is_given_back()
    {
        await using ClusterKeeper one = await Keepers.OpenAsync(_options);
        await using ClusterKeeper other = await Keepers.OpenAsync(_options);
        LostSignal lost = new();
        Assert.True(await one.AcquireAsync("shard-7", One, lost.Lose));
        Assert.False(await other.AcquireAsync("shard-7", Other, _ => { }));
        Assert.True(await one.AcquireAsync("shard-7", One, lost.Lose));
        Assert.True(await other.AcquireAsync("shard-8", Other, _ => { }));

        DateTime first = await ExpiresAsync("shard-7");
        await Keepers.UntilAsync(async () => await ExpiresAsync("shard-7") > first + (Keepers.Short.LeaseTtl * 2));
        Assert.True(one.Holds("shard-7", One));
        Assert.False(one.Holds("shard-7", Other));
        Assert.False(other.Holds("shard-7", Other));
        Assert.False(await other.AcquireAsync("shard-7", Other, _ => { }));

        await one.ReleaseAsync("shard-7", One);
        Assert.False(one.Holds("shard-7", One));
        Assert.True(await other.AcquireAsync("shard-7", Other, _ => { }));
        Assert.False(await one.AcquireAsync("shard-7", One, lost.Lose));
        await one.ReleaseAsync("shard-7", One);
        Assert.False(await one.AcquireAsync("shard-7", One, lost.Lose));
        Assert.False(lost.IsLost);
    }

    [Fact]
    public async Task Leases_that_are_given_back_at_once_are_free_and_those_wanted_again_meanwhile_are_not()
    {
        await using ClusterKeeper one = await Keepers.OpenAsync(_options);
        await using ClusterKeeper other = await Keepers.OpenAsync(_options);
        LostSignal lost = new();
        string[] all = [.. Enumerable.Range(0, 100).Select(number => $"shard-{number}")];
        string[] kept = [.. all.Skip(90)];
        foreach (string lease in all)
        {
            Assert.True(await one.AcquireAsync(lease, One, lost.Lose));
        }

        Task given = Task.WhenAll(all.Select(lease => one.ReleaseAsync(lease, One)));
        Assert.DoesNotContain(all, lease => one.Holds(lease, One));
        bool[] again = await Task.WhenAll(kept.Select(lease => one.AcquireAsync(lease, One, lost.Lose)));
        Assert.DoesNotContain(false, again);
        await given;
        string[] held = await Keepers.ReadAsync<string[]>(_options, $"SELECT array_agg(name) FROM leases WHERE owner = '{One}'");
        Assert.Equal(kept.Order(StringComparer.Ordinal), held.Order(StringComparer.Ordinal));
        foreach (string lease in all)
        {
            bool isKept = kept.Contains(lease);
            Assert.Equal(!isKept, await other.AcquireAsync(lease, Other, _ => { }));
        }

        Assert.False(lost.IsLost);
    }

    [Fact]
    public async Task Of_many_who_want_a_free_lease_one_gets_it()
    {
        await using ClusterKeeper one = await Keepers.OpenAsync(_options);
        await using ClusterKeeper other = await Keepers.OpenAsync(_options);
        for (int round = 0; round < 50; round++)
        {
            bool[] got = await Task.WhenAll(
                one.AcquireAsync($"l{round}", One, _ => { }), other.AcquireAsync($"l{round}", Other, _ => { }));
            Assert.Single(got, mine => mine);
        }
    }

    [Fact]
    public async Task The_lease_of_an_owner_that_is_gone_is_taken_over_when_it_has_expired_and_not_before()
    {
        await using ClusterKeeper other = await Keepers.OpenAsync(_options);
        ClusterKeeper one = await Keepers.OpenAsync(_options);
        Assert.True(await one.AcquireAsync("shard-7", One, _ => { }));
        await one.DisposeAsync();
        DateTime expires = await ExpiresAsync("shard-7");
        await Keepers.UntilAsync(() => other.AcquireAsync("shard-7", Other, _ => { }));
        Assert.True(await Keepers.ReadAsync<DateTime>(_options, "SELECT now()") >= expires);
    }

    [Fact]
    public async Task Who_has_just_come_takes_no_expired_lease_before_it_has_watched_for_the_time_of_one()
    {
        await (await Keepers.OpenAsync(_options)).DisposeAsync();
        await ExecuteAsync("INSERT INTO leases (name, owner, expires) VALUES ('shard-7', 'dead:1#1', now() - interval '1 hour')");
        long began = Stopwatch.GetTimestamp();
        await using ClusterKeeper keeper = await Keepers.OpenAsync(_options);
        await Keepers.UntilAsync(() => keeper.AcquireAsync("shard-7", One, _ => { }));
        Assert.True(Stopwatch.GetElapsedTime(began) >= Keepers.Short.LeaseTtl);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10)]
    public async Task Where_the_databases_clock_was_put_forward_or_the_keeper_stood_still_nothing_is_taken_before_its_owner_can_renew_it(int seconds)
    {
        SteppedTime time = new();
        await using ClusterKeeper keeper = await Keepers.OpenAsync(_options, Keepers.Short with { Time = time });
        await keeper.AnnounceAsync(Keepers.Node("a", One));
        await ExecuteAsync("INSERT INTO leases (name, owner, expires) SELECT 'l' || n, 'dead:1#1', now() - interval '1 hour' FROM "
            + "generate_series(1, 2) n");
        await Keepers.UntilAsync(() => keeper.AcquireAsync("l1", One, _ => { }));
        time.Step(TimeSpan.FromSeconds(seconds));
        DateTime heard = await Keepers.ReadAsync<DateTime>(_options, "SELECT heard FROM nodes");
        await Keepers.UntilAsync(async () =>
            await Keepers.ReadAsync<DateTime>(_options, "SELECT heard FROM nodes") > heard + (Keepers.Short.RenewEvery * 2));
        Assert.False(await keeper.AcquireAsync("l2", One, _ => { }));
        await Keepers.UntilAsync(() => keeper.AcquireAsync("l2", One, _ => { }));
    }

    [Fact]
    public async Task Leases_of_an_owner_that_is_known_to_be_gone_are_free_at_once_and_it_is_told_if_it_is_not()
    {
        await using ClusterKeeper one = await Keepers.OpenAsync(_options);
        await using ClusterKeeper other = await Keepers.OpenAsync(_options);
        LostSignal[] lost = [new(), new()];
        Assert.True(await one.AcquireAsync("shard-7", One, lost[0].Lose));
        Assert.True(await one.AcquireAsync("shard-8", One, lost[1].Lose));
        LostSignal kept = new();
        Assert.True(await one.AcquireAsync("shard-9", "one:4290#3", kept.Lose));
        Assert.Equal(2, await other.ExpireAsync(One));
        Assert.Equal(0, await other.ExpireAsync(One));
        Assert.True(await other.AcquireAsync("shard-7", Other, _ => { }));
        Assert.IsType<StoreTakenException>(await lost[0].Task);
        StoreTakenException reason = Assert.IsType<StoreTakenException>(await lost[1].Task);
        Assert.StartsWith("The lease «shard-8» in the PostgreSQL database", reason.Message, StringComparison.Ordinal);
        Assert.False(one.Holds("shard-7", One));
        Assert.False(kept.IsLost);
        Assert.True(one.Holds("shard-9", "one:4290#3"));
    }

    [Fact]
    public async Task A_keeper_that_the_database_does_not_answer_loses_its_leases_before_another_can_have_them()
    {
        await using FreezingProxy proxy = new(shared.Server.Port);
        PostgresStoreOptions through = new(new NpgsqlConnectionStringBuilder(_options.Connection) { Port = proxy.Port }.ConnectionString);
        CollectedLog log = new();
        await using ClusterKeeper one = await Keepers.OpenAsync(through, log: log.Logger);
        await using ClusterKeeper other = await Keepers.OpenAsync(_options);
        TaskCompletionSource<long> away = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource back = new(TaskCreationOptions.RunContinuationsAsynchronously);
        one.OnReachableChanged = reachable =>
        {
            if (reachable)
            {
                back.TrySetResult();
            }
            else
            {
                away.TrySetResult(Stopwatch.GetTimestamp());
            }
        };
        LostSignal lost = new();
        Assert.True(await one.AcquireAsync("shard-7", One, lost.Lose));
        DateTime expires = await ExpiresAsync("shard-7");
        await Keepers.UntilAsync(async () => await ExpiresAsync("shard-7") > expires);

        proxy.Freeze();
        long froze = Stopwatch.GetTimestamp();
        expires = await ExpiresAsync("shard-7");
        Task<bool> wanted = Task.Run(async () =>
        {
            await Keepers.UntilAsync(() => other.AcquireAsync("shard-7", Other, _ => { }));
            return lost.IsLost;
        });
        StoreUnavailableException reason = Assert.IsType<StoreUnavailableException>(await lost.Task);
        // The server's clock is this machine's.
        Assert.True(lost.At < expires, $"it was lost here at {lost.At:O} after it had expired at {expires:O}");
        Assert.Contains("was not renewed in time", reason.Message, StringComparison.Ordinal);
        Assert.False(one.Holds("shard-7", One));
        Assert.True(await wanted, "another had it before it was lost here");

        TimeSpan noticed = Stopwatch.GetElapsedTime(froze, await away.Task.WaitAsync(Keepers.Patience));
        Assert.InRange(noticed.TotalSeconds, 0, (Keepers.Short.RenewEvery + Keepers.Short.OperationTimeout).TotalSeconds + 1);
        Assert.NotNull(one.AwaySince);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => one.AcquireAsync("shard-8", One, _ => { }));
        proxy.Thaw();
        await back.Task.WaitAsync(Keepers.Patience);
        Assert.Null(one.AwaySince);
        await Keepers.UntilAsync(async () =>
        {
            try
            {
                return await one.AcquireAsync("shard-8", One, _ => { });
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        });
        Assert.False(await one.AcquireAsync("shard-7", One, _ => { }));
        // The thread that looks at the deadlines does not wait for the request that is not answered.
        string[] said = [.. log.Lines.Select(line => line.Split(':')[0])];
        Assert.Equal("The database answers again", said[^1]);
        Assert.Equal(["A lease is lost", "Leases cannot be renewed"], said.SkipLast(1).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Nobody_takes_a_lease_while_most_see_the_database_away()
    {
        await using ClusterKeeper keeper = await Keepers.OpenAsync(_options);
        bool most = true;
        using SemaphoreSlim asked = new(0);
        keeper.MostSeeItAway = () =>
        {
            asked.Release();
            return Volatile.Read(ref most);
        };
        await ExecuteAsync("INSERT INTO leases (name, owner, expires) VALUES ('shard-7', 'dead:1#1', now() - interval '1 hour')");
        // Asked every 100 ms: two leases long.
        for (int i = 0; i < 40; i++)
        {
            Assert.True(await asked.WaitAsync(Keepers.Patience));
            Assert.False(await keeper.AcquireAsync("shard-7", One, _ => { }));
        }

        long began = Stopwatch.GetTimestamp();
        Volatile.Write(ref most, false);
        await Keepers.UntilAsync(() => keeper.AcquireAsync("shard-7", One, _ => { }));
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, Keepers.Short.LeaseTtl.TotalSeconds - 0.5, 60);
    }

    [Fact]
    public async Task Names_that_are_the_stores_own_and_settings_that_do_not_fit_are_refused()
    {
        await using ClusterKeeper keeper = await Keepers.OpenAsync(_options);
        await Assert.ThrowsAsync<ArgumentException>(() => keeper.AcquireAsync("node", One, _ => { }));
        await Assert.ThrowsAsync<ArgumentException>(() => keeper.AcquireAsync("schema", One, _ => { }));
        await Assert.ThrowsAsync<ArgumentException>(() => keeper.AcquireAsync("l", "cluster/x", _ => { }));
        ClusterKeeperOptions[] all =
        [
            new() { LeaseTtl = TimeSpan.Zero }, new() { RenewEvery = TimeSpan.FromSeconds(2) }, new() { OperationTimeout = TimeSpan.FromSeconds(3) },
        ];
        foreach (ClusterKeeperOptions wrong in all)
        {
            await Assert.ThrowsAsync<ArgumentException>(() => Keepers.OpenAsync(_options, wrong));
        }
    }

    private Task ExecuteAsync(string sql) => shared.Server.ExecuteAsync(Keepers.Database(_options), sql);

    private Task<DateTime> ExpiresAsync(string lease) =>
        Keepers.ReadAsync<DateTime>(_options, $"SELECT expires FROM leases WHERE name = '{lease}'");
}
