using Akka.Actor;
using Akka.Dispatch;

namespace Runner.Simulation.Runtime;

/// <summary>The work that is ready; the seed picks which is next.</summary>
/// <remarks>
/// What one step makes ready stands in the list in the order in which it came. For system messages that order is not the program's: Akka.NET
/// stops, suspends and restarts children in the order of their names' hash codes, which are others in every process. So what they make ready
/// is put in order by path.
/// </remarks>
internal sealed class ReadyList(SimulatedRandom order)
{
    private static readonly Comparison<SystemWork> ByPath = (a, b) =>
        a.Node.Number != b.Node.Number ? a.Node.Number.CompareTo(b.Node.Number) : a.Path.CompareTo(b.Path);

    private readonly List<SystemWork> _system = [];
    private Work[] _work = new Work[256];
    private int _count;

    public int Count => _count + _system.Count;

    public void Add(SimulatedNode node, IRunnable run)
    {
        if (_count == _work.Length)
        {
            Array.Resize(ref _work, 2 * _count);
        }

        _work[_count++] = new Work(node, run);
    }

    public void AddBySystemMessage(SimulatedNode node, IRunnable run, ActorPath path) => _system.Add(new SystemWork(node, run, path));

    /// <summary>Takes any; there is at least one.</summary>
    public IRunnable TakeAny()
    {
        if (_system.Count > 0)
        {
            AddSystem();
        }

        var index = _count == 1 ? 0 : order.Next(_count);
        var run = _work[index].Run;
        _work[index] = _work[--_count];
        _work[_count] = default;
        return run;
    }

    public void DropAllOf(SimulatedNode node)
    {
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            if (_work[i].Node != node)
            {
                _work[kept++] = _work[i];
            }
        }

        Array.Clear(_work, kept, _count - kept);
        _count = kept;
        _system.RemoveAll(work => work.Node == node);
    }

    /// <summary>Takes what is ready of a node out of the list, in its order.</summary>
    public IEnumerable<(IRunnable Run, ActorPath? BySystemMessage)> TakeAllOf(SimulatedNode node)
    {
        (IRunnable, ActorPath?)[] all =
        [
            .. _work.Take(_count).Where(work => work.Node == node).Select(work => (work.Run, default(ActorPath))),
            .. _system.Where(work => work.Node == node).Select(work => (work.Run, work.Path)),
        ];
        DropAllOf(node);
        return all;
    }

    private void AddSystem()
    {
        if (_system.Count > 1)
        {
            _system.Sort(ByPath);
        }

        foreach (var work in _system)
        {
            Add(work.Node, work.Run);
        }

        _system.Clear();
    }

    private readonly record struct Work(SimulatedNode Node, IRunnable Run);

    private readonly record struct SystemWork(SimulatedNode Node, IRunnable Run, ActorPath Path);
}
