using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.SBR;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;
using Runner.Wire;

namespace Runner.Host.Cluster;

/// <summary>
/// Akka.NET's split brain resolver over the nodes alone. Applications may be members, too, which hold no lease and have no say: the resolver acts on
/// the leader of all members, which may be one of them, and then nobody would.
/// </summary>
/// <remarks>Made by Akka.NET, by name; the strategy and its timings are those of <c>akka.cluster.split-brain-resolver</c>.</remarks>
public sealed class NodeDowning(ActorSystem system, Akka.Cluster.Cluster cluster) : IDowningProvider
{
    private readonly SplitBrainResolverProvider _resolver = new(system, cluster);

    /// <inheritdoc/>
    public TimeSpan DownRemovalMargin => _resolver.DownRemovalMargin;

    /// <inheritdoc/>
    public Props? DowningActorProps => _resolver.DowningActorProps.WithMailbox("akka.cluster.node-downing-mailbox");
}

/// <summary>What the resolver hears: of members that are nodes, and as the leader the first of those.</summary>
/// <param name="settings">Of no use here.</param>
/// <param name="config">Of no use here.</param>
public sealed class NodeDowningMailbox(Settings settings, Config config)
    : MailboxType(settings, config), IProducesMessageQueue<UnboundedDequeMessageQueue>
{
    /// <inheritdoc/>
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new Queue();

    /// <summary>What of an event comes to the resolver; null for nothing.</summary>
    internal static object? Heard(object message) => message switch
    {
        ClusterEvent.LeaderChanged => null,
        ClusterEvent.RoleLeaderChanged { Role: ClusterRoles.Node } of => new ClusterEvent.LeaderChanged(of.Leader),
        ClusterEvent.IMemberEvent of when !of.Member.HasRole(ClusterRoles.Node) => null,
        ClusterEvent.ReachabilityEvent of when !of.Member.HasRole(ClusterRoles.Node) => null,
        _ => message,
    };

    private sealed class Queue : UnboundedDequeMessageQueue, IMessageQueue
    {
        void IMessageQueue.Enqueue(IActorRef receiver, Envelope envelope)
        {
            if (Heard(envelope.Message) is { } message)
            {
                Enqueue(receiver, ReferenceEquals(message, envelope.Message) ? envelope : new Envelope(message, envelope.Sender));
            }
        }
    }
}
