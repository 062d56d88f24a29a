using Akka.Actor;
using Akka.Cluster;
using Runner.Wire;

namespace Runner.Actors.Nodes;

/// <summary>The other nodes of a cluster as a <see cref="NodeActor"/> reaches them; the simulation has others.</summary>
internal interface INodePeers
{
    /// <summary>The actor is told who comes and who goes from now on, and at first who is there.</summary>
    void Subscribe(IActorRef node);

    void Unsubscribe(IActorRef node);

    /// <summary>The node actors of those that are there.</summary>
    IEnumerable<ICanTell> All { get; }

    /// <summary>
    /// Whether the node at an address is one of them, or about to be: a word of one that has left may still be on its way, and nobody would say again
    /// that it is gone.
    /// </summary>
    bool IsHere(Address address);

    /// <summary>What a message to the actor says of them; null for one that says nothing of them, or of nobody who listens.</summary>
    object? Read(object message);
}

/// <summary>Another node is a member now.</summary>
internal sealed record PeerCame(ICanTell Node) : INoSerializationVerificationNeeded;

/// <summary>A node is no member any more.</summary>
internal sealed record PeerGone(Address Address) : INoSerializationVerificationNeeded;

/// <summary>The members of Akka.NET's cluster.</summary>
internal sealed class ClusterPeers(ActorSystem system) : INodePeers
{
    private readonly Cluster _cluster = Cluster.Get(system);

    /// <inheritdoc/>
    public IEnumerable<ICanTell> All => _cluster.State.Members.Where(
        member => member.Status is (MemberStatus.Up or MemberStatus.WeaklyUp or MemberStatus.Leaving) && IsOther(member))
        .Select(member => At(member.Address));

    /// <inheritdoc/>
    public void Subscribe(IActorRef node) =>
        _cluster.Subscribe(node, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));

    /// <inheritdoc/>
    public void Unsubscribe(IActorRef node) => _cluster.Unsubscribe(node);

    /// <inheritdoc/>
    public bool IsHere(Address address) => _cluster.State.Members.Any(
        member => member.Address == address && member.Status is not (MemberStatus.Down or MemberStatus.Exiting or MemberStatus.Removed));

    /// <inheritdoc/>
    public object? Read(object message) => message switch
    {
        ClusterEvent.MemberRemoved removed => new PeerGone(removed.Member.Address),
        ClusterEvent.IMemberEvent { Member.Status: MemberStatus.Up } up when IsOther(up.Member) => new PeerCame(At(up.Member.Address)),
        _ => null,
    };

    /// <summary>Whether a member is another node: an application has nobody who listens.</summary>
    private bool IsOther(Member member) => member.UniqueAddress != _cluster.SelfUniqueAddress && member.HasRole(ClusterRoles.Node);

    private ActorSelection At(Address address) => system.ActorSelection(new RootActorPath(address) / "user" / NodeActor.Name);
}
