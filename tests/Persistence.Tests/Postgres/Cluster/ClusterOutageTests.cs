using System.Diagnostics;
using Runner.Entities.Store;
using Runner.Persistence.Postgres;
using Runner.Persistence.Postgres.Cluster;
using Runner.Tests;

namespace Runner.Persistence.Tests.Postgres.Cluster;

/// <summary>The server is killed under keepers and comes back: each test has one of its own.</summary>
public sealed class ClusterOutageTests : IAsyncLifetime
{
    private const string One = "one:4290#1";
    private const string Other = "other:4290#2";

    private PostgresServer _server = null!;
    private PostgresStoreOptions _options = null!;

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.StartAsync(fsync: false);
        _options = new PostgresStoreOptions(await _server.CreateDatabaseAsync());
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task While_most_see_the_database_away_leases_outlive_it_and_their_owners_renew_them_first()
    {
        CollectedLog log = new();
        await using ClusterKeeper one = await Keepers.OpenAsync(_options, log: log.Logger);
        await using ClusterKeeper other = await Keepers.OpenAsync(_options);
        SeeTogether(one, other);
        Guid cluster = Keepers.NewCluster();
        Assert.True(await one.TryFormAsync(cluster));
        await one.AnnounceAsync(Keepers.Node("a", One, cluster));
        await other.AnnounceAsync(Keepers.Node("b", Other, cluster));
        LostSignal lost = new();
        foreach (ClusterKeeper keeper in (ClusterKeeper[])[one, other])
        {
            keeper.OnClusterLost = keeper.OnNodeLost = reason => lost.Lose(new InvalidOperationException(reason));
        }

        Assert.True(await one.AcquireAsync("shard-7", One, lost.Lose));
        await _server.KillAsync();
        long began = Stopwatch.GetTimestamp();
        await Keepers.UntilAsync(() => Task.FromResult(!one.IsReachable && !other.IsReachable));
        await Keepers.UntilAsync(() => Task.FromResult(Stopwatch.GetElapsedTime(began) > Keepers.Short.LeaseTtl * 2.5));
        Assert.True(one.Holds("shard-7", One));

        await _server.StartAgainAsync();
        DateTime expires = default;
        await Keepers.UntilAsync(async () =>
        {
            Assert.True(one.Holds("shard-7", One));
            Assert.False(await TryAsync(other, "shard-7", Other));
            DateTime now = await Keepers.ReadAsync<DateTime>(_options, "SELECT expires FROM leases WHERE name = 'shard-7'");
            expires = expires == default ? now : expires;
            return now > expires + (Keepers.Short.LeaseTtl * 2);
        });
        Assert.False(lost.IsLost);
        ClusterView view = await other.ReadAsync();
        Assert.Equal((cluster, false, 2), (view.Holder!.Cluster, view.Holder.IsExpired, view.Nodes.Length));
        Assert.Equal(["Leases cannot be renewed", "The database answers again"], log.Lines.Select(line => line.Split(':')[0])
            .Where(line => line.StartsWith("Leases", StringComparison.Ordinal) || line.StartsWith("The database", StringComparison.Ordinal)));
        Assert.DoesNotContain(log.Lines, line => line.Contains(PostgresServer.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_the_return_of_the_database_nobody_takes_anothers_lease_nor_forms_for_the_time_of_a_lease()
    {
        ClusterKeeper gone = await Keepers.OpenAsync(_options);
        await using ClusterKeeper other = await Keepers.OpenAsync(_options);
        Assert.True(await gone.TryFormAsync(Keepers.NewCluster()));
        LostSignal lost = new();
        Assert.True(await gone.AcquireAsync("shard-7", One, lost.Lose));
        await _server.KillAsync();
        // It has nothing to go by but its own clock.
        Assert.IsType<StoreUnavailableException>(await lost.Task);
        Assert.False(gone.Holds("shard-7", One));
        await gone.DisposeAsync();

        await _server.StartAgainAsync();
        Guid cluster = Keepers.NewCluster();
        bool[] early = await EarlyAsync(() => TryAsync(other, "shard-7", Other), () => TryFormAsync(other, cluster));
        Assert.Equal([false, false], early);
    }

    // Of each whether it succeeded earlier than the time of a lease after the server's start.
    private async Task<bool[]> EarlyAsync(params Func<Task<bool>>[] attempts)
    {
        bool?[] early = new bool?[attempts.Length];
        await Keepers.UntilAsync(async () =>
        {
            for (int i = 0; i < attempts.Length; i++)
            {
                if (early[i] is null && await attempts[i]())
                {
                    early[i] = await Keepers.ReadAsync<TimeSpan>(_options, "SELECT now() - pg_postmaster_start_time()") < Keepers.Short.LeaseTtl;
                }
            }

            return early.All(each => each is not null);
        });
        return [.. early.Select(each => each!.Value)];
    }

    [Fact]
    public async Task A_lease_that_was_acquired_is_so_after_a_crash_of_the_server()
    {
        await using ClusterKeeper one = await Keepers.OpenAsync(_options);
        await using ClusterKeeper other = await Keepers.OpenAsync(_options);
        for (int round = 0; round < 5; round++)
        {
            string lease = $"shard-{round}";
            await Keepers.UntilAsync(() => TryAsync(one, lease, One));
            await one.ReleaseAsync(lease, One);
            Assert.True(await one.AcquireAsync(lease, One, _ => { }));
            await _server.KillAsync();
            await _server.StartAgainAsync();
            Assert.Equal(One, await Keepers.ReadAsync<string>(_options, $"SELECT owner FROM leases WHERE name = '{lease}'"));
            await Keepers.UntilAsync(() => Task.FromResult(one.IsReachable));
        }
    }

    [Fact]
    public async Task A_keeper_of_a_database_that_is_away_at_the_start_says_so()
    {
        await _server.StopAsync();
        StoreUnavailableException away = await Assert.ThrowsAsync<StoreUnavailableException>(() => Keepers.OpenAsync(_options));
        Assert.Contains("cannot be reached: see that the server runs and listens there", away.Message, StringComparison.Ordinal);
        await _server.StartAgainAsync();
        await (await Keepers.OpenAsync(_options)).DisposeAsync();
    }

    // As nodes that tell each other do.
    private static void SeeTogether(params ClusterKeeper[] keepers)
    {
        foreach (ClusterKeeper keeper in keepers)
        {
            keeper.MostSeeItAway = () => keepers.All(each => !each.IsReachable);
        }
    }

    private static Task<bool> TryAsync(ClusterKeeper keeper, string lease, string owner) =>
        IfThereAsync(() => keeper.AcquireAsync(lease, owner, _ => { }));

    private static Task<bool> TryFormAsync(ClusterKeeper keeper, Guid cluster) => IfThereAsync(() => keeper.TryFormAsync(cluster));

    private static async Task<bool> IfThereAsync(Func<Task<bool>> attempt)
    {
        try
        {
            return await attempt();
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }
}
