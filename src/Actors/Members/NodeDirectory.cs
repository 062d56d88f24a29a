using System.Collections.Immutable;
using Akka.Actor;

namespace Runner.Actors.Members;

/// <summary>A node as it is known here.</summary>
/// <param name="Says">What it said last.</param>
/// <param name="Actor">Its node actor; nobody for this node where it is on its own.</param>
/// <param name="HeardAt">When it was heard of, as a timestamp of this node's clock.</param>
internal sealed record NodeMember(NodeHere Says, IActorRef Actor, long HeardAt);

/// <summary>The nodes of the cluster by name, this one among them: of a node on its own that is all. Thread-safe; reading takes no lock.</summary>
internal sealed class NodeDirectory
{
    private static readonly ImmutableSortedDictionary<string, NodeMember> None =
        ImmutableSortedDictionary<string, NodeMember>.Empty.WithComparers(StringComparer.Ordinal);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private volatile ImmutableSortedDictionary<string, NodeMember> _members;
    private ImmutableArray<Action> _observers = [];

    /// <param name="isShared">Whether other nodes may work on the store. If not, every attempt in it is this node's, whatever it is called.</param>
    public NodeDirectory(NodeHere own, bool isShared, TimeProvider time)
    {
        (_time, OwnName, IsShared) = (time, own.Name, isShared);
        _members = None.Add(own.Name, new NodeMember(own, ActorRefs.Nobody, time.GetTimestamp()));
    }

    public string OwnName { get; }

    public bool IsShared { get; }

    public NodeHere Own => _members[OwnName].Says;

    public ImmutableSortedDictionary<string, NodeMember> Members => _members;

    /// <summary>Whether an attempt that has this node's name is looked after here.</summary>
    public bool IsOwn(string? node) => !IsShared || node is null || node == OwnName;

    /// <summary>A node that is here now; null if it is not known.</summary>
    public NodeMember? Find(string node) => _members.GetValueOrDefault(node);

    /// <summary>The name of the node where an actor lives, as far as it is known.</summary>
    public string? NameAt(Address address) => address.HasLocalScope ? OwnName
        : _members.FirstOrDefault(member => member.Value.Actor.Path.Address == address).Key;

    /// <summary>
    /// Whether most of the nodes say that the store does not answer them: then it is the store that is away. While one of them has not been heard
    /// of lately nobody knows: it may be the one that the store answers, and that takes over.
    /// </summary>
    public bool MostSeeStoreAway(TimeSpan lately)
    {
        var members = _members;
        return members.Values.All(member => member.Says.Name == OwnName || _time.GetElapsedTime(member.HeardAt) <= lately)
            && 2 * members.Values.Count(member => !member.Says.SeesStore) > members.Count;
    }

    /// <summary>Tells every other node that is here now; it may not arrive.</summary>
    public void TellOthers(object message)
    {
        foreach (var (name, node) in _members)
        {
            if (name != OwnName)
            {
                node.Actor.Tell(message, ActorRefs.NoSender);
            }
        }
    }

    /// <summary>What a node says; of this node, where its actor is.</summary>
    public void Set(NodeHere says, IActorRef actor) => Change(members =>
        members.SetItem(says.Name, new NodeMember(says.Name == OwnName ? Own : says, actor, _time.GetTimestamp())));

    /// <summary>The member at this address is gone.</summary>
    public void Remove(Address address) => Change(members => members.RemoveRange(
        members.Where(member => member.Key != OwnName && member.Value.Actor.Path.Address == address).Select(member => member.Key)));

    /// <summary>This node says something else of itself from now on.</summary>
    public void SetOwn(Func<NodeHere, NodeHere> change) => Change(members =>
        members.SetItem(OwnName, members[OwnName] with { Says = change(members[OwnName].Says) }));

    /// <summary>Calls back after every change of what a node says and of who is here, on the thread that changed it.</summary>
    public IDisposable Subscribe(Action changed)
    {
        lock (_lock)
        {
            _observers = _observers.Add(changed);
        }

        return new Subscription(() =>
        {
            lock (_lock)
            {
                _observers = _observers.Remove(changed);
            }
        });
    }

    private void Change(Func<ImmutableSortedDictionary<string, NodeMember>, ImmutableSortedDictionary<string, NodeMember>> change)
    {
        ImmutableArray<Action> observers;
        lock (_lock)
        {
            var before = _members;
            _members = change(before);
            observers = _members.Count == before.Count && _members.All(member => Same(before.GetValueOrDefault(member.Key), member.Value))
                ? [] : _observers;
        }

        foreach (var observer in observers)
        {
            observer();
        }
    }

    private static bool Same(NodeMember? before, NodeMember after) =>
        before is not null && before.Actor.Equals(after.Actor) && after.Says.SaysAs(before.Says);

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
