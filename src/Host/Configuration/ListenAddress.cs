using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Runner.Host.Configuration;

/// <summary>Where the API listens.</summary>
/// <param name="Address">An address of this machine, or any.</param>
/// <param name="Port">0 to 65,535; 0 takes a free one.</param>
internal sealed record ListenAddress(IPAddress Address, int Port)
{
    public const string Expected =
        "HOST:PORT such as 127.0.0.1:4270, localhost:4270, [::1]:4270 or 0.0.0.0:4270, with a port from 0 (any free one) to 65535";

    /// <summary>Loopback only: the API can start programs, so reaching it from elsewhere is a decision.</summary>
    public static ListenAddress Default { get; } = new(IPAddress.Loopback, 4270);

    /// <summary>Whether only this machine reaches it.</summary>
    public bool IsLoopback => IPAddress.IsLoopback(Address);

    public bool IsAny => Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any);

    public static bool TryParse(string text, out ListenAddress value)
    {
        value = Default;
        var colon = text.LastIndexOf(':');
        if (colon < 1
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port > IPEndPoint.MaxPort
            || AddressOf(text[..colon]) is not { } address)
        {
            return false;
        }

        value = new ListenAddress(address, port);
        return true;
    }

    /// <summary>The base URL by which this machine's own programs reach the API.</summary>
    public string Url() => $"http://{Authority(IsAny ? IPAddress.Loopback : Address, Port)}";

    /// <inheritdoc/>
    public override string ToString() => Authority(Address, Port);

    private static string Authority(IPAddress address, int port) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]:{port}" : $"{address}:{port}";

    private static IPAddress? AddressOf(string host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return IPAddress.Loopback;
        }

        if (host == "*")
        {
            return IPAddress.Any;
        }

        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            return IPAddress.TryParse(host[1..^1], out var six) && six.AddressFamily == AddressFamily.InterNetworkV6 ? six : null;
        }

        // IPAddress.TryParse takes "127.1" and "1" too; those are mistakes more often than meant.
        return IPAddress.TryParse(host, out var four) && four.AddressFamily == AddressFamily.InterNetwork && four.ToString() == host ? four : null;
    }
}
