using Akka.Actor;
using Runner.Actors.Members;

namespace Runner.Actors.Nodes;

/// <summary>
/// Brings changes of runs to those who want to hear of them: here, on the node that executes the run, and on nodes where somebody follows runs of all
/// nodes. Such a node says so (<see cref="NodeHere.Follows"/>), and is told when another one has heard it: what has changed before then may have been
/// missed. Thread-safe.
/// </summary>
internal sealed class RunChanges(NodeDirectory nodes)
{
    private readonly Lock _lock = new();
    private volatile Subscription[] _subscriptions = [];

    public IDisposable Subscribe(Action<RunStateChanged> observer, Action? missed, RunsOf of)
    {
        var subscription = new Subscription(this, observer, missed, of);
        Change(all => [.. all, subscription]);
        return subscription;
    }

    /// <summary>A change of a run that this node looks after.</summary>
    public void Publish(RunStateChanged change)
    {
        Tell(change, isOwn: true);
        foreach (var (name, node) in nodes.Members)
        {
            if (name != nodes.OwnName && (node.Says.Follows || name == change.Node))
            {
                node.Actor.Tell(change, ActorRefs.NoSender);
            }
        }
    }

    /// <summary>A change of a run that another node looks after.</summary>
    public void Heard(RunStateChanged change) => Tell(change, isOwn: change.Node == nodes.OwnName);

    /// <summary>Changes may have been missed until now.</summary>
    public void Missed()
    {
        foreach (var subscription in _subscriptions)
        {
            subscription.Missed?.Invoke();
        }
    }

    private void Tell(RunStateChanged change, bool isOwn)
    {
        foreach (var subscription in _subscriptions)
        {
            if (isOwn || subscription.Of == RunsOf.AllNodes)
            {
                subscription.Observer(change);
            }
        }
    }

    private void Change(Func<Subscription[], Subscription[]> change)
    {
        lock (_lock)
        {
            _subscriptions = change(_subscriptions);
            var follows = _subscriptions.Any(s => s.Of == RunsOf.AllNodes);
            nodes.SetOwn(own => own with { Follows = follows });
        }
    }

    private sealed class Subscription(RunChanges owner, Action<RunStateChanged> observer, Action? missed, RunsOf of) : IDisposable
    {
        public Action<RunStateChanged> Observer => observer;

        public Action? Missed => missed;

        public RunsOf Of => of;

        public void Dispose() => owner.Change(all => [.. all.Where(each => each != this)]);
    }
}
