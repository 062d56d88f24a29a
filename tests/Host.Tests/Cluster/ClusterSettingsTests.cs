using System.Collections.Immutable;
using Runner.Host.Cluster;
using Runner.Host.Configuration;

namespace Runner.Host.Tests.Cluster;

/// <summary>What a node of a cluster is told, and what Akka.NET gets of it.</summary>
public sealed class ClusterSettingsTests : IDisposable
{
    private static readonly string[] Database = ["RUNNER_STORE_KIND=postgresql", "RUNNER_STORE_CONNECTION=Host=db", "RUNNER_CLUSTER_JOIN=database"];

    private readonly string _folder = Directory.CreateTempSubdirectory("runner-cluster-settings-").FullName;

    public static TheoryData<string> Guards => [.. AkkaGuards.OfCluster.Select(g => g.Path)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_file_to_start_from_is_what_is_built_in()
    {
        var file = Path.Combine(Repository.Root, "hocon", "cluster.conf");
        var started = Read(file, "RUNNER_STORE_CONNECTION=Host=db").Options!;

        Assert.Equal((ClusterJoin.Database, StoreKind.PostgreSql), (started.ClusterJoin, started.StoreKind));
        Assert.Equal(Read(null, Database).Options!.Akka.ToJson(), started.Akka.ToJson());
    }

    [Theory]
    [InlineData("cluster.conf")]
    [InlineData("akka-cluster.conf")]
    public void Every_setting_of_a_cluster_has_a_reason(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, "hocon", name));
        var section = Array.FindIndex(lines, l => l.StartsWith("akka ", StringComparison.Ordinal));
        var explained = false;
        foreach (var line in lines[section..].Select(l => l.Trim()))
        {
            explained = line.StartsWith('#') || (explained && line.Length > 0);
            Assert.True(explained || line is "" or "}" || line.EndsWith('{'), $"{name}: «{line}» has no reason");
        }
    }

    [Fact]
    public void What_makes_a_cluster_lies_over_all_and_its_timings_under_a_file()
    {
        var settings = Read(Write("akka.cluster { gossip-interval = 300ms, split-brain-resolver.stable-after = 3s }"), Database).Options!.Akka;

        var config = settings.ToConfig();
        Assert.Equal(
            (TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(200), "lease-majority", "cluster"),
            (config.GetTimeSpan("akka.cluster.gossip-interval"), config.GetTimeSpan("akka.cluster.split-brain-resolver.stable-after"),
                config.GetTimeSpan("akka.cluster.leader-actions-interval"), config.GetString("akka.cluster.split-brain-resolver.active-strategy"),
                config.GetString("akka.actor.provider")));
        Assert.Equal(["akka.remote.dot-netty.tcp"], config.GetStringList("akka.remote.enabled-transports"));
        Assert.Empty(config.GetStringList("akka.cluster.seed-nodes"));
        var entries = settings.Entries.ToDictionary(e => e.Path);
        Assert.EndsWith(":1", entries["akka.cluster.gossip-interval"].From, StringComparison.Ordinal);
        Assert.Equal(NodeSetting.Default, entries["akka.cluster.sharding.use-lease"].From);
        Assert.Equal("runner.cluster", entries["akka.remote.dot-netty.tcp.port"].From);
    }

    [Fact]
    public void Shards_of_alarm_workers_are_shards_like_the_others()
    {
        var config = Read(Write("akka.cluster.sharding.retry-interval = 333ms"), Database).Options!.Akka.ToConfig();

        Assert.Equal(
            (TimeSpan.FromMilliseconds(333), "akka.coordination.lease.database"),
            (config.GetTimeSpan("akka.cluster.sharded-daemon-process.sharding.retry-interval"),
                config.GetString("akka.cluster.sharded-daemon-process.sharding.use-lease")));
    }

    [Fact]
    public void The_node_s_addresses_are_Akka_s()
    {
        var config = Read(
            null, [.. Database, "RUNNER_CLUSTER_HOST=node1", "RUNNER_CLUSTER_BIND_HOST=0.0.0.0", "RUNNER_CLUSTER_PORT=7"]).Options!.Akka.ToConfig()
            .GetConfig("akka.remote.dot-netty.tcp");
        Assert.Equal(
            ("node1", "0.0.0.0", 7, false),
            (config.GetString("public-hostname"), config.GetString("hostname"), config.GetInt("port"), config.GetBoolean("enable-ssl")));

        string[] files = ["RUNNER_CLUSTER_TLS_CERTIFICATE_FILE=/c", "RUNNER_CLUSTER_TLS_KEY_FILE=/k", "RUNNER_CLUSTER_TLS_CA_FILE=/a"];
        var tls = Read(null, [.. Database, .. files]);
        Assert.True(tls.Options!.Akka.ToConfig().GetBoolean("akka.remote.dot-netty.tcp.enable-ssl"));
    }

    [Theory]
    [MemberData(nameof(Guards))]
    public void What_would_part_a_cluster_is_refused_with_its_reason(string pattern)
    {
        var path = pattern.Replace("**.", "", StringComparison.Ordinal).Replace("*", "x", StringComparison.Ordinal);
        Assert.Contains($"{path.Split('.')[^1]} cannot be set: ", Mistake(Write($"{path} = 1"), Database), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cluster.failure-detector.acceptable-heartbeat-pause = soon", "is a time; expected one such as 3 s, and there is 'soon'.")]
    [InlineData("cluster.failure-detector.threshold = -1", "is a number; expected one such as 8.0, and there is '-1'.")]
    [InlineData("cluster.sharding.handoff-timeout = bad", "is a time; expected one such as 60s, and there is 'bad'.")]
    [InlineData("cluster.split-brain-resolver.stable-after = x", "is a time; expected one such as 20s, and there is 'x'.")]
    [InlineData("remote.dot-netty.tcp.connection-timeout = 3x", "is a time; expected one such as 15 s, and there is '3x'.")]
    public void Times_and_numbers_that_Akka_would_not_read_or_not_before_it_needs_them_are_refused(string line, string says) =>
        Assert.EndsWith(
            $":1: akka.{line[..line.IndexOf(' ', StringComparison.Ordinal)]} {says}", Mistake(Write($"akka.{line}"), Database),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("cluster.failure-detector.acceptable-heartbeat-pause = 4 seconds")]
    [InlineData("cluster.failure-detector.threshold = 9")]
    [InlineData("cluster.sharding.passivate-idle-entity-after = off")]
    [InlineData("cluster.gossip-interval = 300")]
    [InlineData("cluster.run-coordinated-shutdown-when-down-of-ours = whatever")]
    public void Times_and_numbers_as_Akka_reads_them_are_taken(string line) => Assert.Empty(Read(Write($"akka.{line}"), Database).Mistakes);

    [Theory]
    [InlineData(
        "RUNNER_CLUSTER_JOIN=database", "the nodes of a cluster share a database: set runner.store.kind = postgresql and runner.store.connection.")]
    [InlineData("RUNNER_CLUSTER_TLS_KEY_FILE=/k", "TLS between nodes needs all three files; set runner.cluster.tls.certificate-file, too.")]
    [InlineData("RUNNER_CLUSTER_JOIN=dns", "'dns' is no way to find other nodes; expected none, database, seed-nodes or kubernetes.")]
    [InlineData("RUNNER_CLUSTER_HOST=node1:80", "'node1:80' is no host; expected a name or an address, without a port.")]
    [InlineData("RUNNER_CLUSTER_PORT=-1", "'-1' is no port; expected a whole number from 0 to 65535.")]
    [InlineData("RUNNER_CLUSTER_FAST_DOWNING=sometimes", "'sometimes' is neither true nor false.")]
    public void Settings_of_a_cluster_that_cannot_be_are_refused(string variable, string says) =>
        Assert.Equal($"the variable {variable[..variable.IndexOf('=', StringComparison.Ordinal)]}: {says}", Mistake(null, variable));

    [Fact]
    public void Seed_nodes_are_addresses_of_this_cluster_and_need_to_be_wanted()
    {
        string[] seeds = [.. Database[..2], "RUNNER_CLUSTER_JOIN=seed-nodes"];
        var good = Read(Write("akka.cluster.seed-nodes = [\"akka.tcp://runner@n1:4290\"]"), seeds).Options!.Akka;
        Assert.Equal("akka.tcp://runner@n1:4290", Assert.Single(good.SeedNodes));
        // The node joins them itself.
        Assert.Empty(good.ToConfig().GetStringList("akka.cluster.seed-nodes"));

        Assert.Contains("set akka.cluster.seed-nodes to the addresses of some nodes", Mistake(null, seeds), StringComparison.Ordinal);
        foreach (var wrong in (string[])["n1:4290", "akka.tcp://other@n1:4290", "akka.ssl.tcp://runner@n1:4290", "akka.tcp://runner@n1"])
        {
            Assert.Contains(
                $"'{wrong}' is no address of a node of this cluster; expected one such as \"akka.tcp://runner@node1.example:4290\".",
                Mistake(Write($"akka.cluster.seed-nodes = [\"{wrong}\"]"), seeds), StringComparison.Ordinal);
        }

        Assert.Contains(
            "means nothing to a node that finds the others by the database.",
            Mistake(Write("akka.cluster.seed-nodes = [\"akka.tcp://runner@n1:4290\"]"), Database), StringComparison.Ordinal);
    }

    private static string Mistake(string? file, params string[] variables) => Assert.Single(Read(file, variables).Mistakes).ToString();

    private static (NodeOptions? Options, ImmutableArray<OptionMistake> Mistakes) Read(string? file, params string[] variables)
    {
        var set = variables.Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        return new NodeOptionsReader(set.GetValueOrDefault).Read(new NodeFlags { Config = file });
    }

    private string Write(string text)
    {
        var file = Path.Combine(_folder, "node.conf");
        File.WriteAllText(file, text);
        return file;
    }
}
