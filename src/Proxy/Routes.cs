using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Client;
using Akka.Remote;
using Runner.Wire;

namespace Runner.Proxy;

/// <summary>How a request comes to a node.</summary>
internal interface IRoute
{
    /// <summary>Called in the proxy's actor, before all else.</summary>
    void Begin(IActorContext context);

    /// <summary>Whether a message to the proxy was one to this.</summary>
    bool Takes(object message);

    /// <summary>Brings a request to some node, and to another one than before where it is asked again.</summary>
    /// <param name="tries">How often it was asked before.</param>
    void Send(Asked asked, int tries, IActorRef self);
}

/// <summary>Through the receptionist of one of the nodes.</summary>
internal sealed class ContactRoute(ClusterClientSettings settings) : IRoute
{
    private IActorRef _client = ActorRefs.Nobody;

    public void Begin(IActorContext context) => _client = context.ActorOf(ClusterClient.Props(settings), "contact");

    public bool Takes(object message) => false;

    // First to the node that is spoken to.
    public void Send(Asked asked, int tries, IActorRef self) => _client.Tell(new ClusterClient.Send(Requests.Path, asked, tries == 0), self);
}

/// <summary>To the members that are nodes, in turn.</summary>
internal sealed class MemberRoute : IRoute
{
    private ImmutableSortedSet<Address> _nodes = ImmutableSortedSet.Create(Member.AddressOrdering);
    private IActorContext? _context;
    private int _next;

    public void Begin(IActorContext context)
    {
        _context = context;
        context.System.EventStream.Subscribe(context.Self, typeof(ThisActorSystemQuarantinedEvent));
        Cluster.Get(context.System).Subscribe(
            context.Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
    }

    public bool Takes(object message)
    {
        switch (message)
        {
            case ClusterEvent.MemberUp up when up.Member.HasRole(ClusterRoles.Node):
                _nodes = _nodes.Add(up.Member.Address);
                return true;
            case ClusterEvent.ReachableMember back when back.Member.Status == MemberStatus.Up && back.Member.HasRole(ClusterRoles.Node):
                _nodes = _nodes.Add(back.Member.Address);
                return true;
            case ClusterEvent.MemberUp or ClusterEvent.MemberWeaklyUp or ClusterEvent.MemberJoined or ClusterEvent.ReachableMember:
                return true;
            case ClusterEvent.IMemberEvent gone:
                _nodes = _nodes.Remove(gone.Member.Address);
                return true;
            case ClusterEvent.UnreachableMember silent:
                _nodes = _nodes.Remove(silent.Member.Address);
                return true;
            case ThisActorSystemQuarantinedEvent:
                // The nodes have parted with it for good: it ends, in order, and whoever looks after the application starts it again.
                var cluster = Cluster.Get(_context!.System);
                cluster.Down(cluster.SelfAddress);
                return true;
            default:
                return false;
        }
    }

    public void Send(Asked asked, int tries, IActorRef self)
    {
        if (!_nodes.IsEmpty)
        {
            _next = (_next + 1) % _nodes.Count;
            _context!.ActorSelection(new RootActorPath(_nodes[_next]) / "user" / Requests.Actor).Tell(asked, self);
        }
    }
}
