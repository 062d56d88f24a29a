using Runner.Actors.FlowRunners;
using Runner.Simulation.Runtime;

namespace Runner.Simulation;

/// <summary>
/// The flow runner of one life of a node, as <see cref="SubprocessFlowRunner"/> documents itself: a file proves that an attempt was spawned,
/// starting or recovering a key that is here replaces its observer, and what ends while nobody looks is Unknown.
/// </summary>
internal class SimulatedFlowRunner(SimulatedProcesses machine, SimulatedNode node) : IFlowRunner
{
    private readonly Dictionary<AttemptKey, Tracked> _attempts = [];

    /// <summary>Whether an attempt's process is here and alive, or may come to be.</summary>
    protected bool IsLive(AttemptKey key) => _attempts.TryGetValue(key, out var tracked) && tracked.Last is null;

    protected IEnumerable<AttemptKey> All => [.. _attempts.Keys];

    /// <summary>What became of an attempt is forgotten as soon as it was told; where a bug is planted.</summary>
    public bool ForgetsOutcomes { get; init; }

    /// <summary>Asked just before a program is begun.</summary>
    public Func<bool> MayStart { get; init; } = static () => true;

    /// <inheritdoc/>
    public void Start(ProcessSpec spec, IProcessObserver observer)
    {
        if (Track(spec.Key, observer) is not { } tracked)
        {
            return;
        }

        Later(5, () =>
        {
            if (tracked.StopAsked || !MayStart())
            {
                NeverStarted(tracked);
            }
            else if (machine.HasFile(spec.Key))
            {
                Drop(tracked, o => o.Ended(new ProcessOutcome(new ProcessExit.Unknown("an earlier life of this node started it"))));
            }
            else if (machine.Random.Next(40) == 0)
            {
                machine.World.Note($"process: {spec.Key} cannot be started");
                Drop(tracked, o => o.StartFailed(StartFailureKind.CommandNotFound, "There is no such program."));
            }
            else
            {
                // The node may be killed between the file and the process.
                machine.MakeFile(spec.Key);
                Later(2, () => Attach(tracked, machine.Spawn(spec.Key), adopted: false));
            }
        });
    }

    /// <inheritdoc/>
    public void Recover(ProcessSpec spec, ProcessHandle? handle, IProcessObserver observer)
    {
        if (Track(spec.Key, observer) is not { } tracked)
        {
            return;
        }

        Later(20, () =>
        {
            if (machine.Find(spec.Key) is { IsAlive: true } process)
            {
                Attach(tracked, process, adopted: true);
            }
            else if (handle is not null || machine.HasFile(spec.Key))
            {
                Drop(tracked, o => o.Ended(new ProcessOutcome(new ProcessExit.Unknown("it ended while the node was down"))));
            }
            else
            {
                NeverStarted(tracked);
            }
        });
    }

    /// <inheritdoc/>
    public void Stop(AttemptKey key, StopSignal signal)
    {
        if (_attempts.TryGetValue(key, out var tracked))
        {
            tracked.StopAsked = true;
            tracked.Process?.Stop(signal);
        }
    }

    /// <inheritdoc/>
    public void Forget(AttemptKey key)
    {
        if (_attempts.TryGetValue(key, out var tracked) && tracked.Last is not null)
        {
            _attempts.Remove(key);
        }
    }

    private Tracked? Track(AttemptKey key, IProcessObserver observer)
    {
        if (_attempts.TryGetValue(key, out var existing))
        {
            // Of two incarnations on one node each is on a node of its own in truth: either hears of the process.
            if (machine.World.Options.Nodes is not null)
            {
                existing.Observers.Clear();
            }

            existing.Observers.Add(observer);
            if (!node.Alive)
            {
                return null;
            }

            if (existing.Last is { } last)
            {
                last(observer);
            }
            else if (existing.Process is { } process)
            {
                observer.Started(process.Handle);
            }

            return null;
        }

        var tracked = new Tracked(key, observer);
        _attempts.Add(key, tracked);
        return tracked;
    }

    private void Attach(Tracked tracked, SimulatedProcess process, bool adopted)
    {
        tracked.Process = process;
        Report(tracked, o => o.Started(process.Handle));
        // Whether the exit of an adopted process can be learned depends on the system.
        var visible = !adopted || machine.Random.Next(2) == 0;
        process.Ended = exit => OnEnded(tracked, new ProcessOutcome(
            visible ? exit : new ProcessExit.Unknown("it was adopted"), process.StopSent, Result(exit)));
        if (tracked.StopAsked)
        {
            process.Stop(StopSignal.Terminate);
        }
    }

    private void OnEnded(Tracked tracked, ProcessOutcome outcome)
    {
        if (node.Alive)
        {
            machine.World.Ledger.Told(tracked.Key, outcome.Exit, machine.Machine);
        }

        Drop(tracked, o => o.Ended(outcome));
    }

    private string? Result(ProcessExit exit) => exit is ProcessExit.Exited { Code: 0 } && machine.Random.Next(3) == 0 ? """{"rows":1}""" : null;

    private void Drop(Tracked tracked, Action<IProcessObserver> report)
    {
        // Kept until it is forgotten: the actor that is told may die before what it was told is durable.
        tracked.Last = report;
        if (ForgetsOutcomes)
        {
            Forget(tracked.Key);
        }

        Report(tracked, report);
    }

    // Not kept: it may be started yet.
    private void NeverStarted(Tracked tracked)
    {
        _attempts.Remove(tracked.Key);
        Report(tracked, o => o.NeverStarted());
    }

    // One attempt's reports keep their order: they are all made from the machine's own steps and only the last one may be late.
    private void Report(Tracked tracked, Action<IProcessObserver> report)
    {
        if (node.Alive)
        {
            tracked.Observers.ToList().ForEach(report);
        }
    }

    private void Later(int milliseconds, Action action) =>
        node.Schedule(TimeSpan.FromTicks(1 + machine.Random.Next(milliseconds * 10_000)), action);

    private sealed class Tracked(AttemptKey key, IProcessObserver observer)
    {
        public AttemptKey Key => key;

        public List<IProcessObserver> Observers { get; } = [observer];

        public SimulatedProcess? Process { get; set; }

        public bool StopAsked { get; set; }

        /// <summary>What became of it; null while that is not known.</summary>
        public Action<IProcessObserver>? Last { get; set; }
    }
}
