using Runner.Cluster.Tests.Kit;

namespace Runner.Cluster.Tests;

/// <summary>TLS between nodes: each shows who it is, and strangers are told that they are none of the cluster's.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task Nodes_with_certificates_of_one_authority_are_one_cluster_which_strangers_do_not_join()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var (own, foreign) = (new Certificates(Path.Combine(kit.Root, "own")), new Certificates(Path.Combine(kit.Root, "foreign")));
        var first = kit.Start("n1", own.Of("n1"));
        var second = kit.Start("n2", own.Of("n2"));
        await ClusterKit.AllSeeAsync(first, second);

        // Another authority's: refused on both sides, and the cluster goes on.
        var stranger = kit.Start("n3", foreign.Of("n3"));
        await stranger.SaysAsync("is refused as a node of this cluster for its certificate: none of this cluster's authorities has signed it");
        await Task.WhenAny(
            first.SaysAsync("is refused as a node of this cluster for its certificate"),
            second.SaysAsync("is refused as a node of this cluster for its certificate"));
        await stranger.SaysAsync("This node has been joining its cluster for");
        await ClusterKit.AllSeeAsync(first, second);
        await stranger.KillAsync();

        // None at all.
        var plain = kit.Start("n4");
        await plain.SaysAsync("This node has been joining its cluster for");
        await ClusterKit.AllSeeAsync(first, second);
    }

    [Fact]
    public async Task A_node_whose_own_certificate_nobody_would_take_does_not_start()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var (own, foreign) = (new Certificates(Path.Combine(kit.Root, "own")), new Certificates(Path.Combine(kit.Root, "foreign")));
        var mixed = own.Of("n2")[0].Replace(Path.Combine("own", "ca.pem"), Path.Combine("foreign", "ca.pem"), StringComparison.Ordinal);
        var otherKey = own.Of("n3")[0].Replace(Path.Combine("own", "n3.key"), Path.Combine("foreign", "n3.key"), StringComparison.Ordinal);
        foreign.Of("n3");
        var open = own.Of("n4");
        File.SetUnixFileMode(Path.Combine(kit.Root, "own", "n4.key"), UnixFileMode.UserRead | UnixFileMode.GroupRead);

        (ClusterNode Node, string Says)[] nodes =
        [
            (kit.Start("n1", own.Of("n1", goodForDays: -1)), "would not take this node's certificate"),
            (kit.Start("n2", mixed), "none of this cluster's authorities has signed it"),
            (kit.Start("n3", otherKey), "does not hold the private key of the certificate in"),
            (kit.Start("n4", open), "may be read by others (mode 440): `chmod 600"),
            (kit.Start("n5", "runner.cluster.tls { certificate-file = /no, key-file = /no, ca-file = /no }"), "There is no file /no;"),
        ];

        foreach (var (node, says) in nodes)
        {
            Assert.Equal(1, await node.EndsAsync());
            Assert.Contains("error: ", node.Output, StringComparison.Ordinal);
            Assert.Contains(says, node.Output, StringComparison.Ordinal);
        }

        Assert.Contains(": it expired on ", nodes[0].Node.Output, StringComparison.Ordinal);
    }
}
