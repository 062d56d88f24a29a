using System.Collections.Immutable;

namespace Runner.Host.Cluster;

/// <summary>Which members a node may join, where it is not all. Asked at each try; an answer may take seconds.</summary>
internal interface IPeerAddresses
{
    /// <summary>What a node waits for while no member is among them, as the end of a sentence.</summary>
    string None { get; }

    /// <summary>The addresses as Akka.NET writes them.</summary>
    /// <exception cref="PeersNotFoundException">They could not be had this time.</exception>
    Task<ImmutableHashSet<string>> FindAsync();
}

/// <summary>Addresses could not be had. The next try may have them.</summary>
/// <param name="message">What happened and what to do, as a part of a sentence.</param>
internal sealed class PeersNotFoundException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>Those of a settings file.</summary>
internal sealed class SeedAddresses(ImmutableArray<string> seeds) : IPeerAddresses
{
    private readonly ImmutableHashSet<string> _seeds = [.. seeds];

    /// <inheritdoc/>
    public string None => "one of akka.cluster.seed-nodes to be a member";

    /// <inheritdoc/>
    public Task<ImmutableHashSet<string>> FindAsync() => Task.FromResult(_seeds);
}
