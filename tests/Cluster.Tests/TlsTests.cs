using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Runner.Client;
using Runner.Cluster.Tests.Kit;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

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
        Assert.Equal(1, await plain.EndsAsync());
        Assert.Contains("error: The nodes of this cluster speak to each other by TLS (", plain.Output, StringComparison.Ordinal);
        Assert.Contains("Set runner.cluster.tls as they do", plain.Output, StringComparison.Ordinal);
        await ClusterKit.AllSeeAsync(first, second);
        Assert.DoesNotContain("n4", await kit.QueryAsync("SELECT name FROM nodes"));
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

    [Fact]
    public async Task An_API_that_other_machines_reach_wants_TLS_or_a_stated_exception()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var own = new Certificates(Path.Combine(kit.Root, "own"));
        var open = kit.Start("n1", $"runner.listen = \"0.0.0.0:{ClusterKit.FreePort()}\"");
        var expired = kit.Start("n2", own.ApiOf("n2", goodForDays: -1));
        var half = kit.Start("n3", "runner.api.tls.key-file = /no");

        Assert.Equal(1, await open.EndsAsync());
        Assert.Contains("error: Other machines reach 0.0.0.0:", open.Output, StringComparison.Ordinal);
        Assert.Contains("say runner.api.allow-plain = true (RUNNER_API_ALLOW_PLAIN)", open.Output, StringComparison.Ordinal);
        Assert.Equal(1, await expired.EndsAsync());
        Assert.Contains("error: No client would take the API's certificate in ", expired.Output, StringComparison.Ordinal);
        Assert.Equal(2, await half.EndsAsync());
        Assert.Contains("set runner.api.tls.certificate-file, too.", half.Output, StringComparison.Ordinal);

        var stated = kit.Restart(open, $"runner.listen = \"0.0.0.0:{open.ApiPort}\"", "runner.api.allow-plain = true");
        await stated.SeesAsync(stated);
        await stated.SaysAsync("other machines reach it, in clear text");
    }

    [Fact]
    public async Task Clients_and_other_nodes_reach_an_API_by_TLS_and_this_machine_without()
    {
        await using var kit = await ClusterKit.CreateAsync();
        var (own, foreign) = (new Certificates(Path.Combine(kit.Root, "own")), new Certificates(Path.Combine(kit.Root, "foreign")));
        var secret = Path.Combine(kit.Root, "secret");
        File.WriteAllText(secret, "a secret that all nodes of this cluster have\n");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead);
        ClusterNode Start(string name, int port) => kit.Start(
            name, [$"runner.listen = \"0.0.0.0:{port}\"", $"runner.cluster.secret-file = \"{secret}\"", .. own.Of(name), .. own.ApiOf(name)]);
        int[] ports = [ClusterKit.FreePort(), ClusterKit.FreePort()];
        ClusterNode[] nodes = [Start("n1", ports[0]), Start("n2", ports[1])];
        await Task.WhenAll(nodes.Select(n => n.SaysAsync("This node is a member of its cluster")));
        await Task.WhenAll(nodes.Select(n => n.SaysAsync("API:")));

        // This machine's own, by what the data folder says; a certificate that nobody here knows is not looked at.
        using var local = nodes[0].Client();
        await local.RegisterAsync([new DeploymentSpec { Name = "t/say", Command = ["sh", "-c", "echo by TLS; sleep 0.2"], Workdir = "/" }]);
        Assert.Equal(["n1", "n2"], (await local.NodesAsync()).Items.Select(n => n.Name));

        // Output of the other node is read from its API, by TLS.
        var where = new HashSet<string?>();
        for (var i = 0; where.Count < 2 && i < 20; i++)
        {
            var run = (await local.SubmitAsync(new SubmitRun("t/say"))).Id;
            await foreach (var _ in local.WatchRunAsync(run))
            {
            }

            where.Add((await local.RunAsync(run)).Node);
            var lines = new List<string>();
            await foreach (var line in local.FollowLogsAsync(run))
            {
                lines.Add(line.Text);
            }

            Assert.Equal("by TLS\n", Assert.Single(lines));
        }

        Assert.Equal(2, where.Count);

        // Clients from elsewhere: by the authority that signed it, by no other, and by a name that stands in it.
        var token = await File.ReadAllTextAsync(Path.Combine(kit.Root, "n1", "token"));
        NodeAddress By(string url, string? ca) => new(new Uri(url), token.Trim(), "a test") { CaFile = ca };
        using var trusting = new RunnerClient(By($"https://127.0.0.1:{ports[1]}", own.Ca));
        Assert.Equal("t/say", (await trusting.DeploymentAsync("t/say")).Spec.Name);
        foreach (var ca in (string?[])[foreign.Ca, null])
        {
            using var other = new RunnerClient(By($"https://127.0.0.1:{ports[1]}", ca), new RunnerClientOptions().WithoutWaiting());
            var refused = await Assert.ThrowsAsync<NodeUnreachableException>(() => other.DeploymentAsync("t/say"));
            Assert.Contains("could not be spoken to in TLS", refused.Message, StringComparison.Ordinal);
            Assert.Contains("--ca-file (RUNNER_CA_FILE)", refused.Message, StringComparison.Ordinal);
        }

        Assert.Throws<CaFileException>(() => new RunnerClient(By("https://127.0.0.1:1", secret)));

        // The program, with a flag and with a variable.
        string[] command = ["deployment", "show", "t/say", "--url", $"https://localhost:{ports[0]}"];
        Assert.Contains(
            "t/say", (await RunnerCommand.RunAsync([.. command, "--ca-file", own.Ca], ("RUNNER_TOKEN", token))).Said, StringComparison.Ordinal);
        Assert.Contains(
            "t/say", (await RunnerCommand.RunAsync(command, ("RUNNER_TOKEN", token), ("RUNNER_CA_FILE", own.Ca))).Said, StringComparison.Ordinal);

        // In clear text from an address that is not the one that is called, as another machine's is not.
        using var elsewhere = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancel) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(OwnAddress(), 0));
                await socket.ConnectAsync(context.DnsEndPoint, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        using var answer = await elsewhere.GetAsync(new Uri($"http://127.0.0.1:{ports[0]}/health/live"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("\"code\":\"tls-needed\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>An address of this machine beside the loopback.</summary>
    private static IPAddress OwnAddress() => NetworkInterface.GetAllNetworkInterfaces().Where(n => n.OperationalStatus == OperationalStatus.Up)
        .SelectMany(n => n.GetIPProperties().UnicastAddresses).Select(a => a.Address)
        .First(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
}
