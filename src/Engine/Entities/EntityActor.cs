using Runner.Entities;
using System.Collections.Immutable;
using Runner.Engine.Actors;
using Runner.Entities.Store;
using Serilog;
using Serilog.Events;

namespace Runner.Engine.Entities;

/// <summary>
/// The shell of a durable actor: loads, lets the behaviour decide, commits, applies, replies and carries out intents. What arrives while
/// a commit is under way is decided together afterwards and becomes one commit.
/// </summary>
/// <remarks>
/// <code>
///   Loading ──loaded──► Ready ──events──► (Holding) ──► Committing ──committed──► Ready
///      ▲                                      │
///      └── after a pause ◄── store failed ────┤
///      └── at once ◄── somebody else wrote ───┘
/// </code>
/// After a commit whose outcome is not known, memory is dropped and the history read again: a request is answered with
/// <see cref="RefuseRequest"/>, everything else stays queued and is decided anew, so no message of a process is ever lost to a store failure.
/// </remarks>
public abstract class EntityActor<TState> : ActorBase
    where TState : class
{

    /// <summary>
    /// How long a commit that may wait does: about what a short program needs from its start to its end, which then are one commit. One
    /// in three commits of such a run is saved.
    /// </summary>
    private static readonly TimeSpan LongestHold = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly IEntityBehaviour<TState> _behaviour;
    private readonly Queue<PendingMessage> _queue = new();
    private Phase _phase = Phase.New;
    private TState _state;
    private long _sequence;
    private long _snapshotSequence;
    private EntityBatch<TState>? _batch;
    private TimeSpan _pause = FirstPause;

    /// <summary>What is in memory may be older than what is durable: a commit's answer was lost, or somebody else wrote.</summary>
    private bool _dropped;

    /// <summary>The history that is being read may be one that was erased meanwhile.</summary>
    private bool _readAgain;

    protected EntityActor(EntityServices services, IEntityBehaviour<TState> behaviour, string id)
    {
        Services = services;
        _behaviour = behaviour;
        Key = new EntityKey(behaviour.Kind, id);
        _state = behaviour.Initial(id);
    }

    private enum Phase
    {
        New,
        Loading,
        Ready,

        /// <summary>Decided, and waiting a moment for what may come along.</summary>
        Holding,
        Committing,
    }

    /// <summary>What the entities of this node work with.</summary>
    protected EntityServices Services { get; }

    /// <summary>This entity.</summary>
    protected EntityKey Key { get; }

    /// <summary>The node's log, with what this entity says of itself.</summary>
    protected ILogger Log => LogContext is { } context ? Services.Log.ForContext(context) : Services.Log;

    /// <summary>The state after everything that is durable.</summary>
    protected TState State => _state;

    /// <summary>Whether nothing is known of it yet: this life has neither read nor written its history.</summary>
    protected bool IsNew => _phase == Phase.New;

    /// <summary>Whether the entity may be forgotten until the next message or wake-up.</summary>
    protected abstract bool CanPassivate(TState state);

    /// <summary>Whether somebody waits for an answer and would rather hear of a failure than wait.</summary>
    protected abstract bool IsRequest(object message);

    /// <summary>The answer to a request that a failure of the store, or of this program, left undone.</summary>
    protected abstract object RefuseRequest(Exception failure);

    /// <summary>Does what a decision wants done outside.</summary>
    protected abstract void CarryOut(object intent);

    /// <summary>Events have become durable.</summary>
    protected virtual void Committed(TState before, TState after)
    {
    }

    /// <summary>
    /// The history holds more than was known: a commit whose answer was lost has happened after all. Its replies and intents are lost;
    /// what others have to hear about it is said here.
    /// </summary>
    protected virtual void CaughtUp(TState before, TState after)
    {
    }

    /// <summary>The history has been read; called before <see cref="Recovered"/> is decided.</summary>
    protected virtual void Loaded()
    {
    }

    /// <summary>A slot was held by somebody else; nothing of the batch was written. Says which of its messages to decide again.</summary>
    protected virtual bool DecideAgainAfter(CommitResult.SlotConflict conflict, object message) => true;

    /// <summary>A message for the actor's own surroundings, not for the behaviour; true if it was one.</summary>
    protected virtual bool HandleOutside(object message) => false;

    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object? message)
    {
        Services.Telemetry?.Restarted(Key.Kind);
        Log.Error(reason, "{Entity} failed on {Message} and starts again from its history", Key, message?.GetType().Name);
        var undone = (_batch?.Members.Select(m => m.Pending) ?? []).Concat(_queue).ToArray();
        RefuseAll(undone, reason);
        foreach (var pending in undone.Where(p => !IsRequest(p.Message)))
        {
            // What a process reported, say, is said once: the next life has to hear it. The message that failed is not among these.
            Self.Tell(pending.Message, pending.Sender);
        }

        if (message is not null && IsRequest(message))
        {
            Sender.Tell(RefuseRequest(reason), Self);
        }

        base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void PostRestart(Exception reason) => Load();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case HistoryLoaded loaded:
                OnLoaded(loaded.History);
                break;
            case LoadFailed failed:
                OnLoadFailed(failed.Cause);
                break;
            case EntityBegan began:
                if (_phase == Phase.New)
                {
                    Become(new EntityHistory(null, began.Events, began.Events[^1].Sequence));
                }

                break;
            case CommitDone done:
                OnCommitDone(done.Result);
                break;
            case CommitFailed failed:
                OnCommitFailed(failed.Cause);
                break;
            case LoadAgain:
                Load();
                break;
            case HoldOver:
                if (_phase == Phase.Holding)
                {
                    Commit(_batch!);
                }

                break;
            case TryPassivate:
                OnTryPassivate();
                break;
            case EntityErased:
                OnErased();
                break;
            default:
                if (!HandleOutside(message))
                {
                    Enqueue((message, Sender));
                }

                break;
        }
    }

    /// <summary>Messages to decide, one after the other and in one commit.</summary>
    protected void Enqueue(params ReadOnlySpan<(object Message, IActorRef Sender)> messages)
    {
        foreach (var (message, sender) in messages)
        {
            _queue.Enqueue(new PendingMessage(message, sender));
        }

        switch (_phase)
        {
            case Phase.New when messages[0].Message is ICreatesEntity:
                _phase = Phase.Ready;
                Advance();
                break;
            case Phase.New:
                Load();
                break;
            case Phase.Ready or Phase.Holding:
                Advance();
                break;
            default:
                break;
        }
    }

    /// <summary>
    /// Reads again what is left: usually nothing. A commit that is under way needs no word of it: it finds out by its sequence number.
    /// </summary>
    private void OnErased()
    {
        _readAgain = _phase == Phase.Loading;
        if (_phase == Phase.Ready)
        {
            Load();
        }
    }

    private void Load()
    {
        _phase = Phase.Loading;
        Services.Store.LoadAsync(Key).PipeTo(Self, null, h => new HistoryLoaded(h), e => new LoadFailed(e));
    }

    private void OnLoaded(EntityHistory history)
    {
        if (_readAgain)
        {
            _readAgain = false;
            Load();
            return;
        }

        Services.Telemetry?.Loaded(Key.Kind);
        Become(history);
    }

    private void Become(EntityHistory history)
    {
        var state = history.Snapshot is { } snapshot ? _behaviour.FromSnapshot(Key.Id, snapshot.Payload) : _behaviour.Initial(Key.Id);
        foreach (var e in history.Events)
        {
            state = _behaviour.Apply(state, Services.Codec.Read(e.Type, e.Version, e.Payload.Span), e.At);
        }

        var (before, caughtUp) = (_state, _dropped && history.LastSequence > _sequence);
        _dropped = false;
        _state = state;
        _sequence = history.LastSequence;
        _snapshotSequence = history.Snapshot?.Sequence ?? 0;
        _phase = Phase.Ready;
        _pause = FirstPause;
        if (caughtUp)
        {
            // Of wake-ups that became durable unnoticed, its own and those of entities it created, the alarm clock has not heard.
            Services.Alarms.Tell(new AlarmChanged(Key, _behaviour.WakeUpAt(state)), Self);
            Services.Alarms.Tell(ReadAlarms.Instance, Self);
            CaughtUp(before, state);
        }

        Loaded();
        // What was queued before the failure comes after what the state says; what the state said before says nothing any more.
        var waiting = Array.FindAll(_queue.ToArray(), p => p.Message is not Recovered);
        _queue.Clear();
        _queue.Enqueue(new PendingMessage(Recovered.Instance, Self));
        Array.ForEach(waiting, _queue.Enqueue);
        Advance();
    }

    private void OnLoadFailed(Exception cause)
    {
        Log.Warning("{Entity} cannot be loaded and tries again in {Pause}: {Reason}", Key, _pause, cause.Message);
        RefuseRequests(cause);
        PauseThenLoad();
    }

    private void PauseThenLoad()
    {
        _phase = Phase.Loading;
        Context.Timers.StartSingleTimer(typeof(LoadAgain), LoadAgain.Instance, _pause);
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }

    /// <summary>Decides queued messages one after the other until the queue is empty or a commit has to be made.</summary>
    private void Advance()
    {
        var now = Services.Clock.UtcNow;
        while (_phase is Phase.Ready or Phase.Holding && _queue.Count > 0)
        {
            var batch = _batch ??= new EntityBatch<TState>(_state);
            Decide(batch, now);
            if (!batch.NeedsCommit)
            {
                _batch = null;
                Finish(batch);
            }
            else if (batch.MayWait)
            {
                Hold();
            }
            else
            {
                Commit(batch);
            }
        }

        if (_phase == Phase.Ready && CanPassivate(_state))
        {
            Context.Parent.Tell(new Idle(Key), Self);
        }
    }

    private void Decide(EntityBatch<TState> batch, DateTimeOffset now)
    {
        do
        {
            var pending = _queue.Dequeue();
            var decision = _behaviour.Decide(batch.State, pending.Message, now);
            foreach (var @event in decision.Events)
            {
                batch.State = _behaviour.Apply(batch.State, @event, now);
            }

            batch.Add(pending, decision, now);
        }
        while (_queue.Count > 0 && !batch.IsFull);
    }

    private void Hold()
    {
        if (_phase != Phase.Holding)
        {
            _phase = Phase.Holding;
            Context.Timers.StartSingleTimer(typeof(HoldOver), HoldOver.Instance, LongestHold);
        }
    }

    private void Commit(EntityBatch<TState> batch)
    {
        if (_phase == Phase.Holding)
        {
            Context.Timers.Cancel(typeof(HoldOver));
        }

        _phase = Phase.Committing;
        var write = EntityWrites.Build(
            _behaviour, Services.Codec, Key.Id, _state, batch.State, _sequence, _snapshotSequence, batch.Events);
        batch.Write = write;
        Services.Store.CommitAsync(new EntityCommit([write, .. batch.Creates]))
            .PipeTo(Self, null, r => new CommitDone(r), e => new CommitFailed(e));
    }

    private void OnCommitDone(CommitResult result)
    {
        var batch = _batch!;
        _batch = null;
        switch (result)
        {
            case CommitResult.Committed committed:
                OnCommitted(batch, committed);
                break;
            case CommitResult.SlotConflict conflict:
                Requeue(batch.Members.Select(m => m.Pending).Where(p => DecideAgainAfter(conflict, p.Message)));
                _phase = Phase.Ready;
                Advance();
                break;
            default:
                // Somebody else wrote: they may have been right, so forget, read and decide again.
                _dropped = true;
                Requeue(batch.Members.Select(m => m.Pending));
                Load();
                break;
        }
    }

    private void OnCommitted(EntityBatch<TState> batch, CommitResult.Committed committed)
    {
        var before = _state;
        var write = batch.Write!;
        _state = batch.State;
        _sequence += write.Events.Length;
        _snapshotSequence = write.Snapshot?.Sequence ?? _snapshotSequence;
        _phase = Phase.Ready;
        _pause = FirstPause;
        if (write.WakeUp is { } wakeUp)
        {
            Services.Alarms.Tell(new AlarmChanged(Key, wakeUp.At), Self);
        }

        foreach (var created in batch.Creates.Where(c => !committed.Skipped.Contains(c.Entity)))
        {
            Services.Tell(created.Entity, new EntityBegan(created.Events), Self);
        }

        Committed(before, _state);
        Finish(batch);
        Advance();
    }

    private void OnCommitFailed(Exception cause)
    {
        var batch = _batch!;
        _batch = null;
        _dropped = true;
        // A store that cannot write says so itself, once; a line for each of the entities that wait for it would bury that.
        Log.Write(
            cause is StoreException ? LogEventLevel.Debug : LogEventLevel.Warning,
            "{Entity} cannot commit and reads again in {Pause} ms: {Reason}", Key, _pause.TotalMilliseconds, cause.Message);
        Requeue(batch.Members.Select(m => m.Pending));
        RefuseRequests(cause);
        PauseThenLoad();
    }

    private void Finish(EntityBatch<TState> batch)
    {
        foreach (var (pending, decision) in batch.Members)
        {
            switch (decision.Reply)
            {
                case null:
                    break;
                case AnswerFrom other:
                    Services.Tell(other.Entity, other.Message, pending.Sender);
                    break;
                default:
                    pending.Sender.Tell(decision.Reply, Self);
                    break;
            }

            foreach (var intent in decision.Intents)
            {
                CarryOut(intent);
            }

            if (pending.Message is WakeUpNow && !decision.NeedsCommit)
            {
                // The alarm may be out of date: tell it what is true, so that it neither rings for ever nor forgets.
                Services.Alarms.Tell(new AlarmChanged(Key, _behaviour.WakeUpAt(_state)), Self);
            }
        }
    }

    private void Requeue(IEnumerable<PendingMessage> members)
    {
        var all = members.Concat(_queue).ToArray();
        _queue.Clear();
        Array.ForEach(all, _queue.Enqueue);
    }

    private void RefuseRequests(Exception cause)
    {
        var all = _queue.ToArray();
        _queue.Clear();
        RefuseAll(all.Where(p => IsRequest(p.Message)), cause);
        Array.ForEach(Array.FindAll(all, p => !IsRequest(p.Message)), _queue.Enqueue);
    }

    private void RefuseAll(IEnumerable<PendingMessage> members, Exception cause)
    {
        foreach (var pending in members.Where(p => IsRequest(p.Message)))
        {
            pending.Sender.Tell(RefuseRequest(cause), Self);
        }
    }

    private void OnTryPassivate()
    {
        if (_phase is Phase.Ready or Phase.New && _queue.Count == 0 && CanPassivate(_state))
        {
            Context.Stop(Self);
        }
        else
        {
            Context.Parent.Tell(new StillBusy(Key), Self);
        }
    }

    private sealed record HistoryLoaded(EntityHistory History);

    private sealed record LoadFailed(Exception Cause);

    private sealed record CommitDone(CommitResult Result);

    private sealed record CommitFailed(Exception Cause);

    private sealed record LoadAgain
    {
        public static readonly LoadAgain Instance = new();
    }

    private sealed record HoldOver
    {
        public static readonly HoldOver Instance = new();
    }
}
