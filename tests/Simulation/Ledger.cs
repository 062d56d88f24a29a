using Runner.Actors;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRunners;
using Runner.Actors.FlowRuns;
using Runner.Entities.Store;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;
using Runner.Simulation.Cluster;

namespace Runner.Simulation;

/// <summary>A run as its commits tell it.</summary>
internal sealed class RunRecord(Guid id)
{
    public Guid Id => id;

    public FlowRunState State { get; set; } = new(id);

    public long Sequence { get; set; }

    public TimeSpan LastCommit { get; set; }

    public string? WaiterRow { get; set; }

    public bool OpenRow { get; set; }

    public DateTimeOffset? WakeUp { get; set; }

    /// <summary>A caller was told that it will be cancelled, or its journal says so.</summary>
    public bool CancelAccepted { get; set; }

    public AttemptKey? LiveProcess { get; set; }

    /// <summary>When its last process came to be, in virtual time since the beginning.</summary>
    public TimeSpan ProcessSince { get; set; }

    public HashSet<Slot> Slots { get; } = [];
}

/// <summary>A deployment as its commits tell it.</summary>
internal sealed class DeploymentRecord(string name)
{
    public DeploymentState State { get; set; } = new(name);

    public long Sequence { get; set; }

    public DateTimeOffset? WakeUp { get; set; }
}

/// <summary>
/// The world's own account of everything durable, kept from the commits as the store takes them, and the invariants that are checked at each.
/// </summary>
internal sealed class Ledger(World world)
{
    private readonly Dictionary<(string Deployment, string Schedule, DateTimeOffset Due), Guid> _occurrences = [];

    private readonly HashSet<Guid> _again = [];

    /// <summary>How programs ended, as this life of the node has been told.</summary>
    private readonly Dictionary<AttemptKey, (ProcessExit Exit, string Machine)> _told = [];

    /// <summary>Where each attempt was spawned.</summary>
    private readonly Dictionary<AttemptKey, string> _spawned = [];

    /// <summary>The last number of those that were deleted: whoever is made anew goes on from it.</summary>
    private readonly Dictionary<Guid, (long Number, DateTimeOffset At)> _lastNumbers = [];

    public SortedDictionary<Guid, RunRecord> Runs { get; } = [];

    /// <summary>Those that have not ended.</summary>
    public SortedDictionary<Guid, RunRecord> OpenRuns { get; } = [];

    /// <summary>Those that were deleted after their end, and are not there again.</summary>
    public HashSet<Guid> ErasedRuns { get; } = [];

    public SortedDictionary<string, DeploymentRecord> Deployments { get; } = new(StringComparer.Ordinal);

    public LimitLedger Limits { get; } = new(world);

    /// <summary>Whether there was a run of this id before that was deleted.</summary>
    public bool WasErased(Guid id) => _again.Contains(id) || ErasedRuns.Contains(id);

    public void Committed(EntityCommit commit, CommitResult.Committed result)
    {
        foreach (var write in commit.Writes)
        {
            if (result.Skipped.Contains(write.Entity))
            {
                world.Note($"store: {write.Entity} is there already");
                continue;
            }

            world.Note($"store: {write.Entity} {write.ExpectedSequence}+{string.Join(',', write.Events.Select(e => e.Type))}");
            Limits.Written(write);
            switch (write.Entity.Kind)
            {
                case EntityKinds.FlowRun:
                    OnRun(write);
                    break;
                case EntityKinds.Deployment:
                    OnDeployment(write);
                    break;
                default:
                    break;
            }
        }

        foreach (var write in commit.Writes.Where(w => w.Entity.Kind == EntityKinds.Deployment))
        {
            EveryOccurrenceHasItsRun(write);
        }
    }

    /// <summary>The node has been told how a program ended.</summary>
    public void Told(AttemptKey key, ProcessExit exit, string machine)
    {
        // What became of one that is over already, with its node, nobody asks any more.
        if (exit is not ProcessExit.Unknown && Runs.TryGetValue(key.RunId, out var run) && run.State.HasProcess && run.State.Attempt == key.Attempt)
        {
            _told[key] = (exit, machine);
        }
    }

    /// <summary>What the node was told and has not made durable is gone with it.</summary>
    public void NodeEnded(string machine)
    {
        foreach (var key in _told.Where(told => told.Value.Machine == machine).Select(told => told.Key).ToArray())
        {
            _told.Remove(key);
        }
    }

    public void ProcessStarted(AttemptKey key, string machine)
    {
        if (!_spawned.TryAdd(key, machine))
        {
            world.Fail("an attempt is spawned on one machine, once", $"{key} was spawned on {_spawned[key]} and on {machine}");
        }

        if (!Runs.TryGetValue(key.RunId, out var run))
        {
            world.Fail("a process is started only for a run that is durable", $"{key} has no run");
            return;
        }

        if (run.LiveProcess is { } other)
        {
            world.Fail("at most one process of a run is alive", $"{key} was started while {other} is alive");
        }

        if (!run.State.HasProcess || run.State.Attempt != key.Attempt)
        {
            world.Fail(
                "a process is started only once its attempt is durable",
                $"{key} was started while the journal has {run.State.Phase} and attempt {run.State.Attempt}");
        }

        if (run.State.Node != machine)
        {
            world.Fail("a program runs on the node that its run says", $"{key} was started on {machine}, and its run says {run.State.Node}");
        }

        run.LiveProcess = key;
        run.ProcessSince = world.Elapsed;
    }

    public void ProcessEnded(AttemptKey key)
    {
        if (Runs.TryGetValue(key.RunId, out var run) && run.LiveProcess == key)
        {
            run.LiveProcess = null;
        }
    }

    private void OnRun(EntityWrite write)
    {
        var id = Guid.Parse(write.Entity.Id);
        if (write.Erases)
        {
            OnErased(id);
            return;
        }

        if (ErasedRuns.Remove(id))
        {
            _again.Add(id);
        }

        if (!Runs.TryGetValue(id, out var run))
        {
            Runs.Add(id, run = new RunRecord(id) { Sequence = Remembered(id) });
            world.Statistics.Runs++;
        }

        foreach (var stored in write.Events)
        {
            var @event = EventCatalog.Read(stored.Type, stored.Version, stored.Payload.Span);
            CheckRunEvent(run, stored, @event);
            run.State = FlowRunTransitions.Apply(run.State, (IRunEvent)@event, stored.At);
            world.Statistics.States.Add(run.State.Current.Name);
        }

        run.WakeUp = write.WakeUp is { } wakeUp ? wakeUp.At : run.WakeUp;
        run.CancelAccepted |= run.State.Stopping is { Reason: StopReason.Cancel };
        TakeRows(run, write);
        Limits.Slots(run, write.Slots);
        run.LastCommit = world.Elapsed;
        if (run.State.Phase == RunPhase.Ended)
        {
            OpenRuns.Remove(id);
        }
        else
        {
            OpenRuns[id] = run;
        }

        CheckRun(run);
    }

    private void OnErased(Guid id)
    {
        if (!Runs.Remove(id, out var run) || run.State.Phase != RunPhase.Ended)
        {
            world.Fail("only a run that has ended is deleted", $"run {id} is {run?.State.Phase}");
            return;
        }

        if (run.State.Ended > world.LatestWall - world.Kept.KeepAtLeast)
        {
            world.Fail("what ended a moment ago is kept", $"run {id} ended at {run.State.Ended:O} and is deleted by {world.LatestWall:O}");
        }

        if (run.LiveProcess is { } live)
        {
            world.Fail("no run is deleted while its program runs", $"{live}");
        }

        foreach (var key in Enumerable.Range(1, run.State.Attempt).Select(attempt => new AttemptKey(id, attempt)))
        {
            _spawned.Remove(key);
        }

        ErasedRuns.Add(id);
        _lastNumbers[id] = (run.Sequence, world.Wall);
        world.Statistics.Erased++;
    }

    /// <summary>The number that the store remembers of a run that was erased: for a day, by the wall clock.</summary>
    private long Remembered(Guid id) =>
        _lastNumbers.TryGetValue(id, out var last) && world.Wall - last.At < TimeSpan.FromDays(1) ? last.Number : 0;

    private void CheckRunEvent(RunRecord run, StoredEvent stored, object @event)
    {
        if (stored.Sequence != ++run.Sequence)
        {
            world.Fail("sequence numbers have no gaps", $"run {run.Id} has {stored.Sequence} where {run.Sequence} was expected");
        }

        if (run.State.Phase == RunPhase.Ended)
        {
            world.Fail("a terminal state never changes", $"run {run.Id} has {stored.Type} after its end as {run.State.Current.Name}");
        }

        switch (@event)
        {
            case AttemptStarting starting:
                CheckStarting(run, starting);
                break;
            case AttemptRetrying retrying:
                CheckOutcome(new AttemptKey(run.Id, retrying.Attempt), retrying.Outcome);
                break;
            case RunFinished finished:
                CheckOutcome(new AttemptKey(run.Id, finished.Attempt), finished.Outcome);
                break;
            default:
                break;
        }
    }

    private void CheckOutcome(AttemptKey key, AttemptOutcome outcome)
    {
        var isLost = IsOfLostNode(Runs[key.RunId].State, outcome);
        world.Statistics.LostWithNode += isLost ? 1 : 0;
        if (_told.Remove(key, out var told) && outcome is { ExitCode: null, Signal: null } && !isLost)
        {
            world.Fail("how a program ended is not forgotten", $"{key} ended with {told.Exit}, and its run says: {outcome.Name}, {outcome.Message}");
        }
    }

    /// <summary>Whether an outcome is that of an attempt whose node is lost: then it is not known, and nobody may think that it is.</summary>
    private static bool IsOfLostNode(FlowRunState run, AttemptOutcome outcome) =>
        run.Recipe.OnNodeLoss is { Action: not NodeLossAction.Wait }
        && (outcome == AttemptOutcomes.Lost(run) || outcome.Message?.StartsWith($"Node {run.Node}, which", StringComparison.Ordinal) == true);

    private void CheckStarting(RunRecord run, AttemptStarting starting)
    {
        // Written once more by who was told, late, that it was never started: the flow runner starts an attempt once, whoever asks.
        var isAgain = run.State.HasProcess && run.State.Attempt == starting.Attempt;
        if (run.CancelAccepted)
        {
            world.Fail("a run that was cancelled starts no further attempt", $"run {run.Id} starts attempt {starting.Attempt}");
        }

        if (!isAgain && run.LiveProcess is { } live)
        {
            world.Fail("an attempt begins when the one before is gone", $"run {run.Id} starts attempt {starting.Attempt} while {live} is alive");
        }

        if (world.Cluster is { } cluster && !isAgain)
        {
            CheckPlace(run, starting, cluster);
        }

        if (run.State.ReadyAt > world.LatestWall)
        {
            world.Fail(
                "no attempt begins before its time",
                $"run {run.Id} starts attempt {starting.Attempt}; it is ready at {run.State.ReadyAt:O} and no clock has been there");
        }
    }

    private void CheckPlace(RunRecord run, AttemptStarting starting, SimulatedCluster cluster)
    {
        var machine = cluster.Machines.FirstOrDefault(machine => machine.Name == starting.Node);
        if (machine is null || starting.Slots.All(slot => slot.Limit != LimitNames.Node(machine.Name)))
        {
            world.Fail(
                "an attempt is on a node, and holds a slot of it", $"run {run.Id} starts on {starting.Node} with {string.Join(' ', starting.Slots)}");
        }
        else if (run.State.Recipe.Requires is { } requires && !requires.AcceptedBy(machine.Labels))
        {
            world.Fail("a run is placed on a node that has what it requires", $"run {run.Id} requires {requires} and is on {starting.Node}");
        }
    }

    private static void TakeRows(RunRecord run, EntityWrite write)
    {
        foreach (var row in write.Rows)
        {
            if (row.Table == Tables.Waiters.Name)
            {
                run.WaiterRow = (string?)row.Values?[0];
            }
            else if (row.Table == Tables.OpenRuns.Name)
            {
                run.OpenRow = row.Values is not null;
            }
        }
    }

    private void CheckRun(RunRecord run)
    {
        var state = run.State;
        if (run.WaiterRow != (state.Phase == RunPhase.AwaitingSlot ? state.WaitingFor : null))
        {
            world.Fail("a run has a row among the waiters exactly while it awaits a slot",
                $"run {run.Id} is {state.Phase} for {state.WaitingFor} and its row says {run.WaiterRow}");
        }

        if (state is { Phase: RunPhase.AwaitingSlot, Recipe.Concurrency.OnFull: not OnFull.Queue and var onFull })
        {
            var waitsForOwn = state.WaitingFor == LimitNames.Deployment(state.Scheduled!.Deployment);
            if (waitsForOwn ? onFull == OnFull.CancelNew || state.Slots.Length > 0 : state.Slots.IsEmpty)
            {
                world.Fail(
                    "a run whose deployment does not queue holds its place while it waits for another limit",
                    $"run {run.Id} waits for {state.WaitingFor} with {state.Slots.Length} slots");
            }
        }

        if (run.OpenRow != (state.Phase != RunPhase.Ended))
        {
            world.Fail("a run is among the open ones exactly until it ends", $"run {run.Id} is {state.Phase}, open: {run.OpenRow}");
        }

        var needsWakeUp = state.Phase is RunPhase.Scheduled or RunPhase.AwaitingRetry or RunPhase.Submitting or RunPhase.Running
            or RunPhase.Stopping || (state.Phase == RunPhase.AwaitingSlot && !state.Late);
        if (needsWakeUp && run.WakeUp is null)
        {
            world.Fail("a run with something to do has a wake-up", $"run {run.Id} is {state.Phase} and nothing will wake it");
        }

        if (state.Phase is RunPhase.Scheduled or RunPhase.AwaitingRetry && run.WakeUp is { } at
            && (at < state.ReadyAt || at > state.ReadyAt + TimeSpan.FromMilliseconds(1)))
        {
            world.Fail("a run's wake-up is when it is ready", $"run {run.Id} is ready at {state.ReadyAt:O} and woken at {at:O}");
        }

        if (state.Phase == RunPhase.Ended && run.WakeUp is not null)
        {
            world.Fail("an ended run has no wake-up", $"run {run.Id} is woken at {run.WakeUp:O}");
        }
    }

    private void OnDeployment(EntityWrite write)
    {
        if (!Deployments.TryGetValue(write.Entity.Id, out var deployment))
        {
            Deployments.Add(write.Entity.Id, deployment = new DeploymentRecord(write.Entity.Id));
        }

        foreach (var stored in write.Events)
        {
            if (stored.Sequence != ++deployment.Sequence)
            {
                world.Fail("sequence numbers have no gaps", $"{write.Entity} has {stored.Sequence} where {deployment.Sequence} was expected");
            }

            var @event = EventCatalog.Read(stored.Type, stored.Version, stored.Payload.Span);
            if (@event is OccurrencesEmitted emitted)
            {
                OccurrenceOracle.Check(world, deployment.State, emitted, stored.At);
            }

            deployment.State = DeploymentTransitions.Apply(deployment.State, (IDeploymentEvent)@event, stored.At);
        }

        deployment.WakeUp = write.WakeUp is { } wakeUp ? wakeUp.At : deployment.WakeUp;
        var due = deployment.State.CancelsRuns ? deployment.WakeUp : deployment.State.NextRun;
        if (deployment.WakeUp != due || (deployment.State.CancelsRuns && due is null))
        {
            world.Fail("a deployment's wake-up is its next run", $"{write.Entity} is due at {due:O} and woken at {deployment.WakeUp:O}");
        }
    }

    private void EveryOccurrenceHasItsRun(EntityWrite write)
    {
        foreach (var stored in write.Events.Where(e => e.Type == "deployment.occurrences-emitted"))
        {
            var emitted = (OccurrencesEmitted)EventCatalog.Read(stored.Type, stored.Version, stored.Payload.Span);
            foreach (var occurrence in emitted.Occurrences)
            {
                var key = (write.Entity.Id, occurrence.Schedule, occurrence.Due);
                if (!_occurrences.TryAdd(key, occurrence.Run) && _occurrences[key] != occurrence.Run)
                {
                    world.Fail("an occurrence has exactly one run", $"{key} became {_occurrences[key]} and {occurrence.Run}");
                }

                if (ErasedRuns.Contains(occurrence.Run))
                {
                    // It had its run, which was deleted; the clock has been set back since.
                    continue;
                }

                if (!Runs.TryGetValue(occurrence.Run, out var run) || run.State.Scheduled!.Due != occurrence.Due
                    || run.State.Scheduled.Schedule != occurrence.Schedule || run.State.StartAt < occurrence.Due)
                {
                    world.Fail("an occurrence has exactly one run", $"{key} has no run of its own in its commit");
                }
            }
        }
    }
}
