using System.Collections.Immutable;

namespace Runner.Proxy;

/// <summary>How an application reaches a cluster of nodes.</summary>
public sealed record RunnerProxyOptions
{
    private RunnerProxyOptions(bool joins, ImmutableArray<string> nodes) => (Joins, Nodes) = (joins, nodes);

    /// <summary>Whether the application is a member of the nodes' cluster.</summary>
    public bool Joins { get; }

    /// <summary>Addresses of some nodes.</summary>
    public ImmutableArray<string> Nodes { get; }

    /// <summary>
    /// The name or address of this program, as the nodes reach it if it joins; the proxy then sets up Akka.Remote. Null where the application does
    /// that itself.
    /// </summary>
    public string? Host { get; init; } = "127.0.0.1";

    /// <summary>Where it listens; 0 is any free port.</summary>
    public int Port { get; init; }

    /// <summary>The certificates that the nodes want; null where their cluster has no TLS, or the application sets it up itself.</summary>
    public RunnerProxyTls? Tls { get; init; }

    /// <summary>How long the proxy asks, again and again, before it gives up on an answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Speaks to one of the nodes, which brings its requests to whichever of them; with another if that is gone.</summary>
    /// <param name="nodes">Such as <c>akka.tcp://runner@node1:4290</c>, or <c>akka.ssl.tcp://…</c> where the nodes have TLS.</param>
    public static RunnerProxyOptions Connect(params IEnumerable<string> nodes) => new(false, Checked(nodes));

    /// <summary>
    /// Joins the nodes' cluster, with a role that hosts nothing. The application's actor system has to be called <c>runner</c>, as theirs.
    /// </summary>
    /// <param name="nodes">As in <see cref="Connect"/>.</param>
    public static RunnerProxyOptions Join(params IEnumerable<string> nodes) => new(true, Checked(nodes));

    private static ImmutableArray<string> Checked(IEnumerable<string> nodes)
    {
        ImmutableArray<string> all = [.. nodes];
        if (all.IsEmpty)
        {
            throw new ArgumentException("Name the address of at least one node, such as akka.tcp://runner@node1:4290.", nameof(nodes));
        }

        return all.FirstOrDefault(node => !Akka.Actor.ActorPath.TryParseAddress(node, out var address) || address.Port is null) is { } wrong
            ? throw new ArgumentException($"'{wrong}' is no address of a node; expected one such as akka.tcp://runner@node1:4290.", nameof(nodes))
            : all;
    }
}
