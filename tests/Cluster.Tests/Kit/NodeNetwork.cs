using System.Diagnostics;
using System.Globalization;

namespace Runner.Cluster.Tests.Kit;

/// <summary>
/// Nodes each in a network namespace of its own, joined by a router in another; the database and who looks on are outside, on two addresses. The
/// router drops what goes from one address to another, without a word, one way or both. Made by root.
/// </summary>
internal sealed class NodeNetwork : IAsyncDisposable
{
    private readonly HashSet<(string From, string To)> _dropped = [];
    private readonly int _nodes;
    private readonly int _number;

    private NodeNetwork(int nodes, int number) => (_nodes, _number) = (nodes, number);

    /// <summary>Whether they can be made here.</summary>
    public static bool IsPossible => Environment.UserName == "root";

    /// <summary>Where the database is for the nodes.</summary>
    public string Database => Address(0, 2);

    // So that two that are made at once, by two programs, are two.
    private string Router => string.Create(CultureInfo.InvariantCulture, $"runner-net-{_number}");

    private string Outside => string.Create(CultureInfo.InvariantCulture, $"rnet{_number}");

    private string Watcher => Address(0, 1);

    /// <exception cref="InvalidOperationException">They cannot be made, with what <c>ip</c> says.</exception>
    public static async Task<NodeNetwork> CreateAsync(int nodes)
    {
        if (!IsPossible)
        {
            throw new InvalidOperationException("Network namespaces are made by root: run this as root.");
        }

        NodeNetwork network = new(nodes, 20 + (Environment.ProcessId % 200));
        await network.DownAsync();
        try
        {
            await network.UpAsync();
            return network;
        }
        catch
        {
            await network.DownAsync();
            throw;
        }
    }

    /// <summary>Where a node of it runs, and what it is reached by.</summary>
    /// <param name="node">From 1.</param>
    public NodePlace Place(int node) => new(AddressOf(node), "ip", "netns", "exec", NamespaceOf(node));

    /// <summary>The other nodes.</summary>
    public string[] Peers(string self) => [.. Enumerable.Range(1, _nodes).Select(AddressOf).Where(other => other != self)];

    /// <summary>Both ways between one and others.</summary>
    public static (string From, string To)[] Both(string self, params string[] others) =>
        [.. others.SelectMany(other => ((string, string)[])[(self, other), (other, self)])];

    /// <summary>From now on nothing goes these ways.</summary>
    public async Task CutAsync(params (string From, string To)[] ways)
    {
        foreach (var (from, to) in ways.Where(_dropped.Add))
        {
            await IpAsync($"-n {Router} rule add from {from} to {to} blackhole");
        }
    }

    /// <summary>All ways are open again.</summary>
    public async Task HealAsync()
    {
        foreach (var (from, to) in _dropped)
        {
            await IpAsync($"-n {Router} rule del from {from} to {to} blackhole");
        }

        _dropped.Clear();
    }

    public async ValueTask DisposeAsync() => await DownAsync();

    private string Address(int net, int host) => string.Create(CultureInfo.InvariantCulture, $"10.{_number}.{net}.{host}");

    private string AddressOf(int node) => Address(node, 2);

    private string NamespaceOf(int node) => string.Create(CultureInfo.InvariantCulture, $"{Router}-{node}");

    private async Task UpAsync()
    {
        await IpAsync($"netns add {Router}");
        await IpAsync($"link add {Outside} type veth peer name out netns {Router}");
        await IpAsync($"addr add {Watcher}/24 dev {Outside}");
        await IpAsync($"addr add {Database}/24 dev {Outside}");
        await IpAsync($"link set {Outside} up");
        await IpAsync($"-n {Router} addr add {Address(0, 254)}/24 dev out");
        await IpAsync($"-n {Router} link set out up");
        await IpAsync($"-n {Router} link set lo up");
        await RunAsync("ip", ["netns", "exec", Router, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"]);
        for (var i = 1; i <= _nodes; i++)
        {
            var own = NamespaceOf(i);
            await IpAsync($"netns add {own}");
            await IpAsync($"-n {Router} link add node{i} type veth peer name eth0 netns {own}");
            await IpAsync($"-n {Router} addr add {Address(i, 254)}/24 dev node{i}");
            await IpAsync($"-n {Router} link set node{i} up");
            await IpAsync($"-n {own} addr add {AddressOf(i)}/24 dev eth0");
            await IpAsync($"-n {own} link set eth0 up");
            await IpAsync($"-n {own} link set lo up");
            await IpAsync($"-n {own} route add default via {Address(i, 254)}");
            await IpAsync($"route add {Address(i, 0)}/24 via {Address(0, 254)} src {Watcher}");
        }
    }

    private async Task DownAsync()
    {
        foreach (var name in Enumerable.Range(1, _nodes).Select(NamespaceOf).Append(Router).Where(name => File.Exists($"/run/netns/{name}")))
        {
            await IpAsync($"netns del {name}");
        }

        // The other end of it has gone with its namespace, a moment later.
        if (Directory.Exists($"/sys/class/net/{Outside}"))
        {
            await RunAsync("ip", ["link", "del", Outside], mayFail: true);
        }
    }

    private static Task IpAsync(string arguments) => RunAsync("ip", arguments.Split(' '));

    private static async Task RunAsync(string program, string[] arguments, bool mayFail = false)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0 && !mayFail)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {error}");
        }
    }
}
