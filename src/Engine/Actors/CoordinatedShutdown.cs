namespace Runner.Engine.Actors;

/// <summary>Why a system shuts down; for logs and for whoever asks.</summary>
public sealed record ShutdownReason(string Name);

/// <summary>
/// The orderly way down: phases one after another, the tasks of a phase together. A phase that takes longer than its timeout, or whose
/// tasks fail, is logged and the next one begins; the last one stops all actors. Thread-safe.
/// </summary>
public sealed class CoordinatedShutdown : IThreadPoolWorkItem
{
    public const string PhaseBeforeServiceUnbind = "before-service-unbind";
    public const string PhaseServiceUnbind = "service-unbind";
    public const string PhaseServiceRequestsDone = "service-requests-done";
    public const string PhaseServiceStop = "service-stop";
    public const string PhaseBeforeClusterShutdown = "before-cluster-shutdown";
    public const string PhaseClusterShardingShutdownRegion = "cluster-sharding-shutdown-region";
    public const string PhaseClusterLeave = "cluster-leave";
    public const string PhaseClusterShutdown = "cluster-shutdown";
    public const string PhaseBeforeActorSystemTerminate = "before-actor-system-terminate";
    public const string PhaseActorSystemTerminate = "actor-system-terminate";

    /// <summary>What a phase is given unless <see cref="SetTimeout"/> says otherwise.</summary>
    public static readonly TimeSpan DefaultPhaseTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The reason when <see cref="ActorSystem.Terminate"/> was called.</summary>
    public static readonly ShutdownReason ActorSystemTerminateReason = new("actor-system-terminate");

    private readonly ActorSystem _system;
    private readonly Lock _lock = new();
    private readonly List<Phase> _phases;
    private readonly TaskCompletionSource _done = new();

    internal CoordinatedShutdown(ActorSystem system)
    {
        _system = system;
        _phases =
        [
            new(PhaseBeforeServiceUnbind), new(PhaseServiceUnbind), new(PhaseServiceRequestsDone), new(PhaseServiceStop),
            new(PhaseBeforeClusterShutdown), new(PhaseClusterShardingShutdownRegion), new(PhaseClusterLeave),
            new(PhaseClusterShutdown), new(PhaseBeforeActorSystemTerminate), new(PhaseActorSystemTerminate),
        ];
        AddTask(PhaseActorSystemTerminate, "stop-actors", _ => _system.StopActors());
    }

    /// <summary>The phases, in order.</summary>
    public IReadOnlyList<string> Phases => [.. _phases.Select(phase => phase.Name)];

    /// <summary>Why it runs; null until it does.</summary>
    public ShutdownReason? Reason { get; private set; }

    /// <summary>Adds a task to a phase that has not begun yet.</summary>
    /// <param name="work">Its token is cancelled when the phase's time is up.</param>
    /// <exception cref="ArgumentException">No such phase.</exception>
    /// <exception cref="InvalidOperationException">The phase has begun.</exception>
    public void AddTask(string phase, string taskName, Func<CancellationToken, Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        lock (_lock)
        {
            var found = Find(phase);
            if (found.Begun)
            {
                throw new InvalidOperationException($"«{taskName}» comes too late: the phase {phase} has begun.");
            }

            found.Tasks.Add((taskName, work));
        }
    }

    /// <summary>How long a phase may take, more than zero.</summary>
    /// <exception cref="ArgumentException">No such phase, or no such time.</exception>
    public void SetTimeout(string phase, TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        lock (_lock)
        {
            Find(phase).Timeout = timeout;
        }
    }

    /// <summary>
    /// Shuts down. The first call's reason counts; every call returns the same task, which never faults. The tasks start on the
    /// dispatcher, not in the call.
    /// </summary>
    public Task Run(ShutdownReason reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        lock (_lock)
        {
            if (Reason is null)
            {
                Reason = reason;
                _system.Runtime.Outside.Execute(this);
            }
        }

        return _done.Task;
    }

    void IThreadPoolWorkItem.Execute() => _ = RunPhases();

    private async Task RunPhases()
    {
        _system.Log.Information("Shutting down {System}: {Reason}", _system.Name, Reason!.Name);
        foreach (var phase in _phases)
        {
            await RunPhase(phase).ConfigureAwait(false);
        }

        _done.SetResult();
    }

    private async Task RunPhase(Phase phase)
    {
        TimeSpan timeout;
        lock (_lock)
        {
            phase.Begun = true;
            timeout = phase.Timeout;
        }

        if (phase.Tasks.Count == 0)
        {
            return;
        }

        var overdue = new CancellationTokenSource();
        var timeUp = new TaskCompletionSource();
        var timer = _system.Runtime.Timers.ScheduleOnce(timeout, () => timeUp.TrySetResult());
        var all = Task.WhenAll(phase.Tasks.Select(task => RunTask(phase.Name, task.Name, task.Work, overdue.Token)).ToArray());
        bool done = await Task.WhenAny(all, timeUp.Task).ConfigureAwait(false) == all;
        timer.Cancel();
        if (!done)
        {
            _system.Log.Warning("Shutdown phase {Phase} is not done after {Timeout}; going on", phase.Name, timeout);
            CancelOverdue(phase.Name, overdue);
        }
    }

    // Not CancelAsync: it would leave the simulator's thread.
    private void CancelOverdue(string phase, CancellationTokenSource overdue)
    {
        try
        {
            overdue.Cancel();
        }
        catch (AggregateException e)
        {
            _system.Log.Error(e, "Cancelling the tasks of shutdown phase {Phase} failed", phase);
        }
    }

    private async Task RunTask(string phase, string name, Func<CancellationToken, Task> work, CancellationToken overdue)
    {
        try
        {
            await work(overdue).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _system.Log.Error(e, "Shutdown task {Task} of phase {Phase} failed", name, phase);
        }
    }

    private Phase Find(string name) =>
        _phases.Find(phase => phase.Name == name)
        ?? throw new ArgumentException($"There is no shutdown phase «{name}». There are: {string.Join(", ", Phases)}.", nameof(name));

    private sealed class Phase(string name)
    {
        public string Name { get; } = name;

        public TimeSpan Timeout { get; set; } = DefaultPhaseTimeout;

        public bool Begun { get; set; }

        public List<(string Name, Func<CancellationToken, Task> Work)> Tasks { get; } = [];
    }
}
