using Runner.Persistence.Postgres;
using Runner.Persistence.Postgres.Cluster;

namespace Runner.Persistence.Tests.Postgres.Cluster;

/// <summary>Who has the database: one cluster, or a node on its own.</summary>
[Collection(PostgresTests.Name)]
public sealed class ClusterFormingTests(SharedPostgres shared) : IAsyncLifetime
{
    private PostgresStoreOptions _options = null!;

    public async Task InitializeAsync() => _options = new PostgresStoreOptions(await shared.Server.CreateDatabaseAsync());

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Of_keepers_that_start_at_once_on_a_new_database_one_forms()
    {
        ClusterKeeper[] keepers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Keepers.OpenAsync(_options))));
        for (int round = 0; round < 50; round++)
        {
            Guid[] clusters = [.. keepers.Select(_ => Keepers.NewCluster())];
            bool[] formed = await Task.WhenAll(keepers.Select((keeper, i) => Task.Run(() => keeper.TryFormAsync(clusters[i]))));
            Assert.Single(formed, won => won);
            Guid winner = clusters[Array.IndexOf(formed, true)];
            foreach (ClusterKeeper keeper in keepers)
            {
                DatabaseHolder holder = (await keeper.ReadAsync()).Holder!;
                Assert.Equal((winner, false, Environment.ProcessId), (holder.Cluster, holder.IsExpired, holder.Process));
            }

            await shared.Server.ExecuteAsync(Keepers.Database(_options), "UPDATE leases SET owner = NULL, expires = '-infinity' WHERE name = 'node'");
        }

        foreach (ClusterKeeper keeper in keepers)
        {
            await keeper.DisposeAsync();
        }
    }

    [Fact]
    public async Task Members_are_seen_by_each_other_and_the_last_gives_the_database_back()
    {
        await using ClusterKeeper one = await Keepers.OpenAsync(_options);
        await using ClusterKeeper other = await Keepers.OpenAsync(_options);
        Guid cluster = Keepers.NewCluster();
        Assert.True(await one.TryFormAsync(cluster));
        await one.AnnounceAsync(Keepers.Node("a", "one:4290#1", cluster));
        await other.AnnounceAsync(Keepers.Node("b", "other:4290#2", status: NodeStatus.Joining));
        await other.AnnounceAsync(Keepers.Node("b", "other:4290#2", cluster));
        ClusterView view = await other.ReadAsync();
        Assert.Equal(["a", "b"], view.Nodes.Select(node => node.Row.Name));
        NodeRow row = view.Nodes[0].Row;
        Assert.Equal(
            ("one:4290#1", "akka.tcp://runner@one:4290", "http://a:8080", cluster, NodeStatus.Up, 8, "1.2.3", 4),
            (row.Owner, row.Address, row.Api, row.Cluster, row.Status, row.ProcessLimit, row.Version, row.Protocol));
        Assert.Equal([new("gpu", "true"), new("zone", "ä «a»")], row.Labels);
        Assert.Equal(["run.changed/1", "run.ended/2"], row.EventKinds.AsEnumerable());
        Assert.InRange(view.Nodes[0].HeardAgo.TotalSeconds, 0, 30);

        await one.WithdrawAsync();
        view = await other.ReadAsync();
        Assert.Equal((1, cluster), (view.Nodes.Length, view.Holder!.Cluster));
        await other.WithdrawAsync();
        view = await other.ReadAsync();
        Assert.Null(view.Holder);
        Assert.Empty(view.Nodes);
        Assert.True(await one.TryFormAsync(Keepers.NewCluster()));
    }

    [Fact]
    public async Task A_cluster_that_is_gone_is_followed_by_one_other_when_it_was_watched_for_the_time_of_a_lease()
    {
        ClusterKeeper gone = await Keepers.OpenAsync(_options);
        Assert.True(await gone.TryFormAsync(Keepers.NewCluster()));
        await gone.DisposeAsync();
        DateTime expires = await Keepers.ReadAsync<DateTime>(_options, "SELECT expires FROM leases WHERE name = 'node'");
        await using ClusterKeeper one = await Keepers.OpenAsync(_options);
        await using ClusterKeeper other = await Keepers.OpenAsync(_options);
        (ClusterKeeper Keeper, Guid Cluster)[] both = [(one, Keepers.NewCluster()), (other, Keepers.NewCluster())];
        int formed = 0;
        await Keepers.UntilAsync(async () =>
        {
            bool[] won = await Task.WhenAll(both.Select(each => Task.Run(() => each.Keeper.TryFormAsync(each.Cluster))));
            formed += won.Count(did => did);
            return formed > 0;
        });
        Assert.True(await Keepers.ReadAsync<DateTime>(_options, "SELECT now()") >= expires + Keepers.Short.LeaseTtl);
        Assert.Equal(1, formed);
        for (int i = 0; i < 20; i++)
        {
            Assert.DoesNotContain(await Task.WhenAll(both.Select(each => each.Keeper.TryFormAsync(each.Cluster))), did => did);
        }
    }

    [Fact]
    public async Task A_member_whose_cluster_was_replaced_is_told_once_and_may_be_of_the_other()
    {
        await using ClusterKeeper keeper = await Keepers.OpenAsync(_options);
        List<string> told = [];
        using SemaphoreSlim lost = new(0);
        keeper.OnClusterLost = reason =>
        {
            told.Add(reason);
            lost.Release();
        };
        Guid cluster = Keepers.NewCluster();
        Guid others = Keepers.NewCluster();
        Assert.True(await keeper.TryFormAsync(cluster));
        await keeper.AnnounceAsync(Keepers.Node("a", "one:4290#1", cluster));
        LostSignal lease = new();
        Assert.True(await keeper.AcquireAsync("shard-7", "one:4290#1", lease.Lose));
        await ExecuteAsync($"UPDATE leases SET owner = 'cluster/{others}', expires = now() + interval '1 hour' WHERE name = 'node'");
        Assert.True(await lost.WaitAsync(Keepers.Patience));
        Assert.Contains($"The cluster {others} has the PostgreSQL database", told[0], StringComparison.Ordinal);

        await keeper.ChangeOwnerAsync(Keepers.Node("a", "one:4290#2", others));
        ClusterView view = await keeper.ReadAsync();
        Assert.Equal(("one:4290#2", others), (Assert.Single(view.Nodes).Row.Owner, view.Holder!.Cluster));
        Assert.False(keeper.Holds("shard-7", "one:4290#1"));
        Assert.True(await keeper.AcquireAsync("shard-7", "one:4290#2", lease.Lose));
        Assert.False(lease.IsLost);

        await ExecuteAsync("DELETE FROM leases WHERE name = 'node'");
        Assert.True(await lost.WaitAsync(Keepers.Patience));
        Assert.Contains("Nobody has the PostgreSQL database", told[1], StringComparison.Ordinal);
        Assert.Equal(2, told.Count);
    }

    [Fact]
    public async Task Two_nodes_cannot_have_one_name()
    {
        await using ClusterKeeper one = await Keepers.OpenAsync(_options);
        await using ClusterKeeper other = await Keepers.OpenAsync(_options);
        TaskCompletionSource<string> lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        one.OnNodeLost = lost.SetResult;
        await one.AnnounceAsync(Keepers.Node("a", "one:4290#1"));
        NodeNameTakenException taken = await Assert.ThrowsAsync<NodeNameTakenException>(
            () => other.AnnounceAsync(Keepers.Node("a", "other:4290#2")));
        Assert.StartsWith("Another node is called «a»: the one at akka.tcp://runner@one:4290, heard of 0.", taken.Message, StringComparison.Ordinal);
        Assert.Contains("give this one another name", taken.Message, StringComparison.Ordinal);
        await other.AnnounceAsync(Keepers.Node("b", "other:4290#2"));

        // A life of the same node is replaced at once by the next.
        await using ClusterKeeper again = await Keepers.OpenAsync(_options);
        await again.AnnounceAsync(Keepers.Node("a", "one:4290#3"));
        Assert.Contains(
            "one:4290#3 instead of one:4290#1", await lost.Task.WaitAsync(Keepers.Patience), StringComparison.Ordinal);

        // One that is gone, when it has not been heard of for the time of a lease.
        await again.DisposeAsync();
        await one.AnnounceAsync(Keepers.Node("a", "elsewhere:4290#4"));
        ClusterView view = await other.ReadAsync();
        Assert.Equal(["elsewhere:4290#4", "other:4290#2"], view.Nodes.Select(node => node.Row.Owner));
    }

    [Fact]
    public async Task A_node_has_its_session_until_its_process_ends_and_of_others_nobody_knows()
    {
        await using ClusterKeeper one = await Keepers.OpenAsync(_options);
        await using (ClusterKeeper other = await Keepers.OpenAsync(_options))
        {
            await other.AnnounceAsync(Keepers.Node("other", "other:4290#2"));
            await Keepers.UntilAsync(async () => await one.HasSessionAsync("other:4290#2") == true);
            // Announced again, as when it has become a member.
            await other.AnnounceAsync(Keepers.Node("other", "other:4290#2", Keepers.NewCluster()));
            Assert.True(await one.HasSessionAsync("other:4290#2"));
            Assert.Null(await one.HasSessionAsync("other:4290#3"));
        }

        await Keepers.UntilAsync(async () => await one.HasSessionAsync("other:4290#2") == false);
    }

    [Fact]
    public async Task A_row_that_somebody_has_removed_is_put_back()
    {
        await using ClusterKeeper keeper = await Keepers.OpenAsync(_options);
        await keeper.AnnounceAsync(Keepers.Node("a", "one:4290#1"));
        await ExecuteAsync("DELETE FROM nodes");
        await Keepers.UntilAsync(async () => (await keeper.ReadAsync()).Nodes is [{ Row.Owner: "one:4290#1" }]);
    }

    [Fact]
    public async Task A_cluster_is_refused_the_database_of_a_node_on_its_own_and_leaves_it_as_it_is()
    {
        await using (await NodeLock.TakeAsync(_options, Serilog.Core.Logger.None, TimeSpan.FromSeconds(1)))
        {
            StoreTakenException refused = await Assert.ThrowsAsync<StoreTakenException>(() => Keepers.OpenAsync(_options));
            Assert.StartsWith("A node on its own uses the PostgreSQL database", refused.Message, StringComparison.Ordinal);
            Assert.Equal(0, await Keepers.ReadAsync<long>(_options, "SELECT count(*) FROM pg_tables WHERE tablename = 'nodes'"));
        }

        // Given back, it is anybody's at once; and a node that comes before the cluster has formed is noticed.
        await using ClusterKeeper keeper = await Keepers.OpenAsync(_options);
        await using (await NodeLock.TakeAsync(_options, Serilog.Core.Logger.None, TimeSpan.FromSeconds(1)))
        {
            StoreTakenException? refused = null;
            await Keepers.UntilAsync(async () =>
            {
                try
                {
                    Assert.False(await keeper.TryFormAsync(Keepers.NewCluster()));
                }
                catch (StoreTakenException error)
                {
                    refused = error;
                }

                return refused is not null;
            });
            Assert.StartsWith("A node on its own uses the PostgreSQL database", refused!.Message, StringComparison.Ordinal);
        }

        await Keepers.UntilAsync(async () => (await keeper.ReadAsync()).Holder is { IsExpired: true });
    }

    [Fact]
    public async Task A_node_on_its_own_is_refused_a_clusters_database_while_the_cluster_lives()
    {
        await using ClusterKeeper keeper = await Keepers.OpenAsync(_options);
        Guid cluster = Keepers.NewCluster();
        Assert.True(await keeper.TryFormAsync(cluster));
        await keeper.AnnounceAsync(Keepers.Node("a", "one:4290#1", cluster));
        StoreTakenException refused = await Assert.ThrowsAsync<StoreTakenException>(() => NodeLock.TakeAsync(_options, Serilog.Core.Logger.None));
        Assert.StartsWith("A cluster uses the PostgreSQL database", refused.Message, StringComparison.Ordinal);
        Assert.Contains("runner.cluster.join", refused.Message, StringComparison.Ordinal);
        await keeper.WithdrawAsync();
        await (await NodeLock.TakeAsync(_options, Serilog.Core.Logger.None)).DisposeAsync();
        Assert.True(await keeper.TryFormAsync(Keepers.NewCluster()));
    }

    private Task ExecuteAsync(string sql) => shared.Server.ExecuteAsync(Keepers.Database(_options), sql);
}
