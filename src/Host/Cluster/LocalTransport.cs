using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote.Transport;

namespace Runner.Host.Cluster;

/// <summary>
/// The transport of a node on its own, a cluster of one member: it opens no socket and refuses every association, so the node has an address
/// that nobody can reach and reaches nobody. Akka.Remote makes it by the name that stands in <c>hocon/akka.conf</c>.
/// </summary>
internal sealed class LocalTransport : Transport
{
    /// <summary>The scheme of its addresses is <c>akka.local</c>.</summary>
    private const string Scheme = "local";

    /// <summary>No message leaves the node; Akka.Remote wants a bound all the same.</summary>
    private const long LargestMessage = 128 * 1024;

    [SuppressMessage("Design", "CA1062", Justification = "Akka.Remote calls it.")]
    public LocalTransport(ActorSystem system, Config config)
    {
        System = system;
        Config = config;
        SchemeIdentifier = Scheme;
        MaximumPayloadBytes = LargestMessage;
    }

    /// <summary>The address under which the node finds itself; no name and no port of the machine.</summary>
    public override Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen() =>
        Task.FromResult((
            new Address(Scheme, System.Name, Config.GetString("hostname"), Config.GetInt("port")),
            new TaskCompletionSource<IAssociationEventListener>()));

    // All of them: whatever is tried is refused here, and not by «no transport found».
    public override bool IsResponsibleFor(Address remote) => true;

    public override Task<AssociationHandle> Associate(Address remoteAddress) =>
        Task.FromException<AssociationHandle>(new InvalidAssociationException($"This node is on its own: there is no way to {remoteAddress}."));

    public override Task<bool> Shutdown() => Task.FromResult(true);
}
