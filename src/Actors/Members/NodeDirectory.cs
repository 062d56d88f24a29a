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
    private volatile ImmutableHashSet<string> _gone = [];

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

    /// <summary>Whether a node was here and is not any more.</summary>
    public bool IsGone(string node) => _gone.Contains(node);

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
    public void Set(NodeHere says, IActorRef actor) =>
        Set(says.Name, before => new NodeMember(says.Name == OwnName ? before!.Says : says, actor, _time.GetTimestamp()));

    /// <summary>This node says something else of itself from now on.</summary>
    public void SetOwn(Func<NodeHere, NodeHere> change) => Set(OwnName, before => before! with { Says = change(before.Says) });

    /// <summary>The member at this address is gone.</summary>
    public void Remove(Address address)
    {
        ImmutableArray<Action> observers;
        lock (_lock)
        {
            var before = _members;
            string[] gone = [.. before.Where(m => m.Key != OwnName && m.Value.Actor.Path.Address == address).Select(m => m.Key)];
            _members = before.RemoveRange(gone);
            _gone = _gone.Union(gone);
            observers = _members.Count == before.Count ? [] : _observers;
        }

        Tell(observers);
    }

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

    /// <summary>Each node says something every second; that it says the same again is no news.</summary>
    private void Set(string name, Func<NodeMember?, NodeMember> change)
    {
        ImmutableArray<Action> observers;
        lock (_lock)
        {
            var before = _members.GetValueOrDefault(name);
            var after = change(before);
            _members = _members.SetItem(name, after);
            _gone = _gone.Remove(name);
            observers = Same(before, after) ? [] : _observers;
        }

        Tell(observers);
    }

    private static void Tell(ImmutableArray<Action> observers)
    {
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
