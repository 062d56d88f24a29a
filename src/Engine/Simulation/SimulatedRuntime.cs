using Runner.Engine.Clock;

namespace Runner.Engine.Simulation;

/// <summary>
/// A world in one thread: virtual time, one queue of ready work, one seed. Of several ready work items the generator picks the next,
/// so the seed decides every interleaving, and a run with the same seed and the same calls repeats exactly.
/// </summary>
/// <remarks>
/// Virtual time stands still while work is ready. Timers of equal due time fire in an order the seed decides. Code under
/// simulation may <c>await</c> tasks that complete on this thread (an ask, a <see cref="TaskCompletionSource"/>): it continues inline.
/// Real threads (<c>Task.Run</c>, <c>Task.Yield</c>, real I/O) are outside it. Not safe on several threads.
/// </remarks>
public sealed class SimulatedRuntime
{
    private readonly DateTimeOffset _start;
    private readonly SimulatedTimers _timers = new();
    private readonly List<(SimulatedNode Node, IThreadPoolWorkItem Work)> _ready = [];
    private readonly List<SimulatedNode> _nodes = [];
    private readonly SimulatedRandom _order;
    private TimeSpan _wallOffset;

    /// <param name="seed">Decides everything.</param>
    /// <param name="start">Wall-clock time at the beginning.</param>
    public SimulatedRuntime(ulong seed, DateTimeOffset start)
    {
        _start = start;
        Random = new SimulatedRandom(seed);
        _order = Random.Fork();
        Runtime = CreateNode();
    }

    /// <summary>The first node's runtime, for tests that need only one.</summary>
    public EngineRuntime Runtime { get; }

    /// <summary>The test's own generator: its draws do not disturb the order of work or the nodes' randomness.</summary>
    public SimulatedRandom Random { get; }

    /// <summary>Wall-clock time now (virtual, including steps of all nodes' clocks).</summary>
    public DateTimeOffset Now => _start + TimeSpan.FromTicks(Elapsed) + _wallOffset;

    /// <summary>How many steps have run.</summary>
    public long Steps { get; private set; }

    internal long Elapsed { get; private set; }

    /// <summary>A further node in the same world, with a generator of its own.</summary>
    public EngineRuntime CreateNode()
    {
        var node = new SimulatedNode(this, Random.Fork());
        _nodes.Add(node);
        return node.Runtime;
    }

    /// <summary>
    /// Drops a node's pending work and timers, and whatever it asks for from now on. Work of that node that is running (a kill from
    /// inside) ends its current item only. Killing twice does nothing.
    /// </summary>
    /// <exception cref="ArgumentException">The runtime is not of this simulation.</exception>
    public void Kill(EngineRuntime node)
    {
        var dead = NodeOf(node);
        if (!dead.Alive)
        {
            return;
        }

        dead.Alive = false;
        _nodes.Remove(dead);
        _ready.RemoveAll(item => item.Node == dead);
        _timers.DropAllOf(dead);
    }

    /// <summary>Whether the node has not been killed.</summary>
    /// <exception cref="ArgumentException">The runtime is not of this simulation.</exception>
    public bool IsAlive(EngineRuntime node) => NodeOf(node).Alive;

    /// <summary>Runs <paramref name="action"/> after a delay, as part of the world and of no node: a kill does not drop it.</summary>
    public void Schedule(TimeSpan delay, Action action) => AddTimer(null, delay, action);

    /// <summary>Steps every node's wall clock (never the monotonic one) forward, or back if negative.</summary>
    public void StepWallClock(TimeSpan by) => _wallOffset += by;

    /// <summary>Steps one node's wall clock only.</summary>
    /// <exception cref="ArgumentException">The runtime is not of this simulation.</exception>
    public void StepWallClock(EngineRuntime node, TimeSpan by) => NodeOf(node).WallOffset += by;

    /// <summary>
    /// Runs one ready work item or, when none is ready, moves time to the next timer and fires it. False when nothing is left.
    /// What the work throws comes out here.
    /// </summary>
    public bool Step() => StepWithin(long.MaxValue);

    /// <summary>Runs everything due up to and at <paramref name="until"/> (by the wall clock as it stands now); time is there afterwards.</summary>
    public void RunUntil(DateTimeOffset until) => RunFor(until - Now);

    /// <summary>Runs everything due within <paramref name="duration"/>; that much time has passed afterwards.</summary>
    public void RunFor(TimeSpan duration)
    {
        long limit = Elapsed + Math.Max(0, duration.Ticks);
        while (StepWithin(limit))
        {
        }

        Elapsed = limit;
    }

    /// <summary>Steps until nothing is left.</summary>
    /// <exception cref="InvalidOperationException">Still busy after <paramref name="maxSteps"/> steps, as with a periodic timer.</exception>
    public void RunUntilIdle(long maxSteps = 100_000_000)
    {
        for (long step = 0; Step(); step++)
        {
            if (step >= maxSteps)
            {
                throw new InvalidOperationException(
                    $"The simulation is still busy after {maxSteps} steps. With a periodic timer it never goes idle: use RunUntil.");
            }
        }
    }

    /// <summary>Steps until the task is completed; it is not awaited, so look at its outcome afterwards.</summary>
    /// <exception cref="TimeoutException">It is not completed after so much virtual time, or nothing is left to run.</exception>
    public void RunUntilCompleted(Task task, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(task);
        long limit = Elapsed + Math.Max(0, timeout.Ticks);
        while (!task.IsCompleted)
        {
            if (!StepWithin(limit))
            {
                throw new TimeoutException($"The task is not completed after {timeout} of virtual time.");
            }
        }
    }

    /// <summary>
    /// Starts asynchronous work inside the simulation and steps until it is done; returns its result or throws its exception. Started
    /// outside, it could continue on a thread of the test runner.
    /// </summary>
    /// <exception cref="TimeoutException">As for <see cref="RunUntilCompleted"/>.</exception>
    public T Run<T>(Func<Task<T>> work, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(work);
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var task = work();
            RunUntilCompleted(task, timeout);
            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <inheritdoc cref="Run{T}"/>
    public void Run(Func<Task> work, TimeSpan timeout) =>
        Run(
            async () =>
            {
                await work().ConfigureAwait(false);
                return true;
            },
            timeout);

    internal static SimulatedRuntime? Of(EngineRuntime runtime) => (runtime.Dispatcher as SimulatedNode)?.Simulation;

    internal bool StepWithin(long limit)
    {
        // A test runner's synchronization context would carry continuations off to other threads.
        var context = SynchronizationContext.Current;
        if (context is not null)
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }

        try
        {
            return StepInline(limit);
        }
        finally
        {
            if (context is not null)
            {
                SynchronizationContext.SetSynchronizationContext(context);
            }
        }
    }

    internal void Enqueue(SimulatedNode node, IThreadPoolWorkItem work) => _ready.Add((node, work));

    internal ICancelable AddTimer(SimulatedNode? node, TimeSpan delay, Action callback)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(callback);
        if (node is { Alive: false } || delay.Ticks > DateTimeOffset.MaxValue.Ticks - Now.Ticks)
        {
            return NeverFires.Instance; // Nobody is there to see it, or the calendar ends first.
        }

        return _timers.Add(node, Elapsed + delay.Ticks, _order.NextUInt64(), callback);
    }

    private bool StepInline(long limit)
    {
        if (_ready.Count > 0)
        {
            Steps++;
            TakeAny().Execute();
            return true;
        }

        if (!_timers.TryPeek(limit, out long due))
        {
            return false;
        }

        Steps++;
        Elapsed = Math.Max(Elapsed, due);
        _timers.Pop()();
        return true;
    }

    private IThreadPoolWorkItem TakeAny()
    {
        int last = _ready.Count - 1;
        int index = last == 0 ? 0 : _order.Next(last + 1);
        var work = _ready[index].Work;
        _ready[index] = _ready[last];
        _ready.RemoveAt(last);
        return work;
    }

    private SimulatedNode NodeOf(EngineRuntime runtime) =>
        runtime.Dispatcher is SimulatedNode node && node.Simulation == this
            ? node
            : throw new ArgumentException("The runtime is not one of this simulation's nodes.", nameof(runtime));

    private sealed class NeverFires : ICancelable
    {
        public static readonly NeverFires Instance = new();

        public void Cancel()
        {
        }
    }
}
