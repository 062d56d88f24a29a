using System.Collections.Immutable;
using System.Net;
using Runner.Cli;

namespace Runner.Host.Commands.Certificates;

/// <summary>A node that is to have a certificate.</summary>
/// <param name="Hosts">The names and addresses by which others reach it.</param>
internal sealed record CertifiedNode(string Name, ImmutableArray<string> Hosts)
{
    /// <summary>As long as a certificate takes a name.</summary>
    private const int LongestName = 64;

    /// <summary>Reads <c>NAME</c> or <c>NAME=HOST,HOST</c>.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static CertifiedNode Parse(string text)
    {
        var (name, rest) = text.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? (text[..at], text[(at + 1)..]) : (text, text);
        if (name.Length is 0 or > LongestName || name[0] is '.' or '-' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new UsageException(
                $"--node: '{text}' names no node; expected NAME or NAME=HOST,HOST, "
                + $"with a name of 1 to {LongestName} letters, digits, '-', '_' and '.'.");
        }

        ImmutableArray<string> hosts = [.. rest.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct()];
        return hosts.FirstOrDefault(host => !IsHost(host)) is { } wrong
            ? throw new UsageException($"--node: '{wrong}' of '{text}' is no host; expected names or addresses without a port, as NAME=HOST,HOST.")
            : hosts.IsEmpty ? throw new UsageException($"--node: '{text}' has no host; expected NAME=HOST,HOST, or NAME alone if that is its host.")
            : new(name, hosts);
    }

    // An underscore is possible in a node's name and in no host's.
    private static bool IsHost(string host) => IPAddress.TryParse(host, out _)
        || (Uri.CheckHostName(host) == UriHostNameType.Dns && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.'));
}
