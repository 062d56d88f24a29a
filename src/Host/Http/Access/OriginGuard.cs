using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Runner.Host.Http.Access;

/// <summary>
/// Refuses what a web page could send: a Host that is not this node's (a page whose name was rebound to 127.0.0.1), and an Origin
/// that is not this node's own. Stands before everything else, also before the token.
/// </summary>
internal sealed class OriginGuard(RequestDelegate next, ImmutableArray<string> allowedHosts)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!IsOwnHost(context, context.Request.Host))
        {
            return context.SendProblemAsync(StatusCodes.Status403Forbidden, "foreign-host",
                "This node is not called by that Host. Use the address it listens on, or allow the name with --allow-host.");
        }

        var origins = context.Request.Headers.Origin;
        if (origins.Count > 0 && !(origins.Count == 1 && IsOwnOrigin(context, origins[0])))
        {
            return context.SendProblemAsync(StatusCodes.Status403Forbidden, "foreign-origin", "Web pages of another origin may not call this node.");
        }

        return next(context);
    }

    private static bool IsOwnOrigin(HttpContext context, string? origin) =>
        string.Equals(origin, $"{context.Request.Scheme}://{context.Request.Host.Value}", StringComparison.OrdinalIgnoreCase);

    private bool IsOwnHost(HttpContext context, HostString host)
    {
        var local = context.Connection;
        if (!host.HasValue || (host.Port ?? (context.Request.IsHttps ? 443 : 80)) != local.LocalPort || !PortIsPlain(host.Value))
        {
            return false;
        }

        var name = host.Host.TrimStart('[').TrimEnd(']');
        // An address cannot be rebound: the one the connection came in on is as good as the name of the node.
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out var address) && (IPAddress.IsLoopback(address) || address.Equals(Plain(local.LocalIpAddress))))
            || allowedHosts.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;

    /// <summary>HostString reads an unreadable port as none.</summary>
    private static bool PortIsPlain(string host)
    {
        var colon = host.LastIndexOf(':');
        return colon < 0 || host.EndsWith(']') || int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _);
    }
}
