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
        Assert.Equal(["run.changed/1", "run.ended/2"], row.EventKinds);
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
}
