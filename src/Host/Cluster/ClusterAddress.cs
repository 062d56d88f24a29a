using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Runner.Host.Configuration;

namespace Runner.Host.Cluster;

/// <summary>Addresses of nodes, as Akka.NET writes them: <c>akka.tcp://runner@node1:4290</c>.</summary>
internal static class ClusterAddress
{
    /// <summary>Of addresses of nodes that speak TLS to each other.</summary>
    public const string TlsProtocol = "akka.ssl.tcp";

    /// <summary>Whether a text is the address of a node that speaks that protocol.</summary>
    public static bool IsSeed(string text, string scheme) => Parse(text) is { } address && address.Protocol == scheme;

    /// <summary>Null if it is none.</summary>
    public static Address? Parse(string text)
    {
        try
        {
            return Address.Parse(text) is { HasGlobalScope: true, Port: > 0, System: AkkaComposition.SystemName } address ? address : null;
        }
        catch (UriFormatException)
        {
            return null;
        }
    }

    /// <summary>
    /// Sees that the node can listen for the others as it was told, before anything is touched: that its names are addresses, that an address of this
    /// machine is among them, that nobody else listens there, and that what other machines reach has TLS, unless it was said that it need not.
    /// </summary>
    /// <exception cref="NodeStartException">It cannot.</exception>
    public static async Task CheckAsync(ClusterOptions cluster, CancellationToken cancel)
    {
        await ResolveAsync(NodeSetting.ClusterHost, cluster.Name, cancel).ConfigureAwait(false);
        var listens = await ResolveAsync(NodeSetting.ClusterBindHost, cluster.Bind, cancel).ConfigureAwait(false);
        if (!cluster.AllowPlain && cluster.Tls is null && Array.Find(listens, a => !IPAddress.IsLoopback(a)) is { } open)
        {
            throw new NodeStartException(
                $"Other machines reach {Authority(open.ToString(), cluster.Port)}, where this node listens for the others of its cluster, and "
                + "whoever reaches it may do anything. Give it TLS (runner.cluster.tls), or say "
                + $"{NodeSetting.ClusterAllowPlain.Path} = true if nobody else is on that network.");
        }

        Probe(listens[0], cluster.Port);
    }

    /// <summary>Where the API of this node is for the other nodes; null if only its own machine reaches it, and they are not on that.</summary>
    /// <param name="url">Where it is for this machine.</param>
    public static string? ApiOf(NodeOptions options, string url)
    {
        var scheme = options.ApiTls is null ? "http" : "https";
        url = $"{scheme}{url[url.IndexOf(':', StringComparison.Ordinal)..]}";
        if (options.Cluster is not { IsCluster: true, Name: var host } || !options.Listen.IsLoopback && !options.Listen.IsAny)
        {
            return url;
        }

        var isHere = host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
        return isHere ? url
            : options.Listen.IsAny ? $"{scheme}://{Authority(host, new Uri(url).Port)}"
            : null;
    }

    /// <summary>Who owns a life's leases: <c>host:port#uid</c>, of which the last part is another one for each life.</summary>
    public static string OwnerOf(ActorSystem system) => OwnerOf(Akka.Cluster.Cluster.Get(system).SelfUniqueAddress);

    /// <inheritdoc cref="OwnerOf(ActorSystem)"/>
    public static string OwnerOf(Akka.Cluster.UniqueAddress life) =>
        string.Create(CultureInfo.InvariantCulture, $"{life.Address.Host}:{life.Address.Port}#{life.Uid}");

    public static string Authority(string host, int port) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";

    private static async Task<IPAddress[]> ResolveAsync(NodeSetting setting, string host, CancellationToken cancel)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return [address];
        }

        try
        {
            if (await Dns.GetHostAddressesAsync(host, cancel).ConfigureAwait(false) is { Length: > 0 } found)
            {
                return found;
            }
        }
        catch (SocketException)
        {
            // As if there were none.
        }

        throw new NodeStartException(
            $"The name {host} has no address. Set {setting.Path} to a name or an address of this machine by which the other nodes reach it.");
    }

    /// <summary>Akka.NET says of a port that is taken that its transport failed.</summary>
    private static void Probe(IPAddress address, int port)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
        }
        catch (SocketException e)
        {
            throw new NodeStartException(e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse =>
                    $"The port {port} of {address} is in use by another program. Set {NodeSetting.ClusterPort.Path} to another one.",
                SocketError.AddressNotAvailable =>
                    $"{address} is no address of this machine, so the node cannot listen there. "
                    + $"Set {NodeSetting.ClusterBindHost.Path} to one that is.",
                _ => $"The node cannot listen on {Authority(address.ToString(), port)} ({e.Message}). "
                    + $"Set {NodeSetting.ClusterBindHost.Path} or {NodeSetting.ClusterPort.Path} to others.",
            }, e);
        }
    }
}
