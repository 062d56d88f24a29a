using Akka.Actor;
using Akka.Dispatch;

namespace Runner.Simulation.Runtime;

/// <summary>
/// A world in one thread: virtual time, one list of ready work, one seed, and any number of nodes with actor systems of Akka.NET. Of several
/// ready mailboxes the generator picks the next, so the seed decides every interleaving, and a run with the same seed and the same calls
/// repeats exactly, in any process.
/// </summary>
/// <remarks>
/// <para>Virtual time stands still while work is ready. Timers of equal due time fire in an order the seed decides. Code under simulation may
/// <c>await</c> tasks that are completed on this thread: it continues inline, if the task's source does not ask for other threads
/// (<see cref="TaskCreationOptions.RunContinuationsAsynchronously"/>, as Akka.NET's <c>Ask</c> does).</para>
/// <para>The world belongs to the thread that makes it. Whatever reaches one of its mailboxes, timers or clocks from another thread makes the
/// run fail: <see cref="Step"/> throws.</para>
/// </remarks>
internal sealed class SimulatedWorld
{
    private readonly DateTimeOffset _start;
    private readonly SimulatedTimers _timers = new();
    private readonly ReadyList _ready;
    private readonly SimulatedRandom _order;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile Exception? _foreign;
    private TimeSpan _wallOffset;
    private long _elapsed;
    private int _nodes;

    /// <param name="seed">Decides everything.</param>
    /// <param name="start">Wall-clock time at the beginning.</param>
    public SimulatedWorld(ulong seed, DateTimeOffset start)
    {
        _start = start;
        Random = new SimulatedRandom(seed);
        _order = Random.Fork();
        _ready = new ReadyList(_order);
    }

    /// <summary>The test's own generator: its draws do not disturb the order of work or the nodes' randomness.</summary>
    public SimulatedRandom Random { get; }

    /// <summary>The wall clock, its steps included.</summary>
    public DateTimeOffset Wall => _start + TimeSpan.FromTicks(_elapsed) + _wallOffset;

    /// <summary>The monotonic clock, from the beginning.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(_elapsed);

    /// <summary>How many steps have run.</summary>
    public long Steps { get; private set; }

    /// <summary>A further node in the same world, with a generator of its own.</summary>
    /// <param name="wallOffset">How far its wall clock is from the world's; null for not at all.</param>
    public SimulatedNode CreateNode(Func<TimeSpan>? wallOffset = null)
    {
        Guard();
        return new SimulatedNode(this, ++_nodes, Random.Fork()) { WallOffset = wallOffset };
    }

    /// <summary>Runs <paramref name="action"/> after a delay, as part of the world and of no node: no death drops it.</summary>
    public void Schedule(TimeSpan delay, Action action) => Add(new ActionTimer(null, action), delay);

    /// <summary>Steps every node's wall clock (never the monotonic one) forward, or back if negative.</summary>
    public void StepWallClock(TimeSpan by) => _wallOffset += by;

    /// <summary>
    /// Runs one ready work item or, when none is ready, moves time to the next timer and fires it. False when nothing is left.
    /// What a timer's action throws comes out here.
    /// </summary>
    /// <exception cref="InvalidOperationException">Something has come from another thread.</exception>
    public bool Step() => StepWithin(long.MaxValue);

    /// <summary>Runs everything due within <paramref name="duration"/>; that much time has passed afterwards.</summary>
    public void RunFor(TimeSpan duration)
    {
        var limit = _elapsed + Math.Max(0, duration.Ticks);
        Run(() =>
        {
            while (StepWithin(limit))
            {
            }
        });
        _elapsed = limit;
    }

    /// <summary>Runs everything due up to and at <paramref name="until"/> (by the wall clock as it stands now).</summary>
    public void RunUntil(DateTimeOffset until) => RunFor(until - Wall);

    /// <summary>Steps until the condition holds.</summary>
    /// <exception cref="TimeoutException">It does not after so much virtual time, or nothing is left to run.</exception>
    public void RunUntil(Func<bool> condition, TimeSpan timeout)
    {
        var limit = _elapsed + Math.Max(0, timeout.Ticks);
        Run(() =>
        {
            while (!condition())
            {
                if (!StepWithin(limit))
                {
                    throw new TimeoutException($"It has not come about after {timeout} of virtual time.");
                }
            }
        });
    }

    /// <summary>
    /// Starts asynchronous work inside the simulation and steps until it is done; returns its result or throws its exception.
    /// </summary>
    /// <exception cref="TimeoutException">It is not done after so much virtual time, or nothing is left to run.</exception>
    public T Run<T>(Func<Task<T>> work, TimeSpan timeout)
    {
        Task<T>? task = null;
        Run(() => task = work());
        RunUntil(() => task!.IsCompleted, timeout);
        return task!.GetAwaiter().GetResult();
    }

    /// <summary>Does something as the world does: no synchronization context carries what it awaits off to other threads.</summary>
    public void Run(Action action)
    {
        Guard();
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    internal void Enqueue(SimulatedNode node, IRunnable run)
    {
        if (node.Paused)
        {
            node.Hold(run, null);
        }
        else
        {
            _ready.Add(node, run);
        }
    }

    internal void EnqueueBySystemMessage(SimulatedNode node, IRunnable run, ActorPath path)
    {
        if (node.Paused)
        {
            node.Hold(run, path);
        }
        else
        {
            _ready.AddBySystemMessage(node, run, path);
        }
    }

    internal IEnumerable<(IRunnable Run, ActorPath? BySystemMessage)> TakeAllOf(SimulatedNode node) => _ready.TakeAllOf(node);

    internal void Add(SimulatedTimer timer, TimeSpan delay)
    {
        Guard();
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        // Nobody is there to see it, or the calendar ends first.
        if (timer.Node is not { Alive: false } && delay.Ticks <= DateTimeOffset.MaxValue.Ticks - Wall.Ticks)
        {
            _timers.Add(timer, _elapsed + delay.Ticks, _order.NextUInt64());
        }
    }

    internal void DropAllOf(SimulatedNode node)
    {
        _ready.DropAllOf(node);
        _timers.DropAllOf(node);
    }

    /// <summary>Fails the run if this is not the world's thread.</summary>
    internal void Guard()
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw Foreign();
        }
    }

    private InvalidOperationException Foreign()
    {
        var failure = new InvalidOperationException($"The simulation was reached from another thread:\n{Environment.StackTrace}");
        _foreign ??= failure;
        return failure;
    }

    private bool StepWithin(long limit)
    {
        if (_foreign is { } foreign)
        {
            throw new InvalidOperationException("Something of the simulation has run on another thread.", foreign);
        }

        if (_ready.Count > 0)
        {
            Steps++;
            _ready.TakeAny().Run();
            return true;
        }

        if (_timers.TryTake(limit, out var due) is not { } timer)
        {
            return false;
        }

        Steps++;
        _elapsed = Math.Max(_elapsed, due);
        if (timer.Node is { Paused: true } paused)
        {
            paused.Hold(timer);
        }
        else
        {
            timer.Fire();
        }

        return true;
    }
}
