using Akka.Actor;
using Akka.Persistence;
using Runner.Entities.Store;
using Runner.Messages;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Runner.Entities;

/// <summary>
/// The shell of a durable actor: recovers, lets the behaviour decide, persists, applies, replies and carries out intents. What arrives while
/// a commit is under way is decided together afterwards and becomes one commit.
/// </summary>
/// <remarks>
/// <code>
///   Recovering ──recovered──► Ready ──events──► (Holding) ──► Persisting ──durable──► Ready
///                               │                                 │
///     │                         └── nothing to do for a while ──► Leaving ◄── refused, failed
///     └──cannot be read──► Resting ──after a pause──► Leaving, and comes back
/// </code>
/// Akka.Persistence has counted a write on even if it was refused, so after one that was the actor always leaves and begins anew from its
/// history: at once where somebody else wrote first, after a pause where the store failed (<see cref="FallenEntities"/>). A request
/// is then answered with a refusal; everything else is decided anew, so no message of a process is ever lost to a store failure.
/// </remarks>
public abstract partial class EntityActor<TState, TEvent, TIntent> : UntypedPersistentActor
    where TState : class
    where TEvent : class
    where TIntent : class
{
    /// <summary>
    /// How long a commit that may wait does: about what a short program needs from its start to its end, which then are one commit. One
    /// in three commits of such a run is saved.
    /// </summary>
    private static readonly TimeSpan LongestHold = TimeSpan.FromMilliseconds(2);

    /// <summary>A wake-up that comes this soon after a recovery is what the recovery was for.</summary>
    private static readonly TimeSpan SameWakeUp = TimeSpan.FromSeconds(1);

    private static readonly Recovery WithoutSnapshot = new(SnapshotSelectionCriteria.None);

    /// <summary>Of what was never written. The journal answers it without looking.</summary>
    private static readonly Recovery OfNothing = new(SnapshotSelectionCriteria.None, toSequenceNr: 0);

    private readonly IEntityBehaviour<TState, TEvent, TIntent> _behaviour;
    private readonly Queue<PendingMessage> _queue = new();
    private readonly Action<object> _onPersisted;
    private Phase _phase = Phase.Recovering;
    private TState _state;
    private long _sequence;
    private long _snapshotSequence;
    private EntityBatch<TState, TEvent, TIntent>? _batch;
    private int _unconfirmed;
    private ITimer? _hold;
    private long _recoveredAt;
    private bool _handledSince;
    private bool _saidIdle;
    private bool _leavesWhenDone;
    private bool _hadFallen;

    /// <summary>What is in memory is of a past that is gone: it begins anew as soon as no commit is under way.</summary>
    private bool _erased;

    /// <summary>It comes back at once: what still comes here is for that life.</summary>
    private bool _beginsAnew;

    /// <summary>
    /// Its history was not looked for, as there should be none. Until a first commit has proved that, nothing is answered or done from what
    /// is in memory.
    /// </summary>
    private bool _isPresumedNew;

    /// <summary>What is being decided now, and would be neither in the queue nor in the batch if that failed.</summary>
    private PendingMessage? _inHand;

    /// <summary>What is durable, or needs not be, and is being answered.</summary>
    private EntityBatch<TState, TEvent, TIntent>? _finishing;

    protected EntityActor(EntityServices services, IEntityBehaviour<TState, TEvent, TIntent> behaviour, string id)
    {
        Services = services;
        _behaviour = behaviour;
        Key = new EntityKey(behaviour.Kind, id);
        PersistenceId = Key.ToString();
        _state = behaviour.Initial(id);
        _onPersisted = OnPersisted;
        _isPresumedNew = services.New.Take(Key);
    }

    private enum Phase
    {
        Recovering,
        Ready,

        /// <summary>Decided, and waiting a moment for what may come along.</summary>
        Holding,
        Persisting,

        /// <summary>Cannot be read: refuses what it is asked, and is read again later.</summary>
        Resting,

        /// <summary>Waits for its shard to let it go.</summary>
        Leaving,
    }

    /// <inheritdoc/>
    public sealed override string PersistenceId { get; }

    /// <inheritdoc/>
    public override Recovery Recovery => _isPresumedNew ? OfNothing : _behaviour.HasSnapshots ? Recovery.Default : WithoutSnapshot;

    /// <summary>What the entities of this node work with.</summary>
    protected EntityServices Services { get; }

    /// <summary>This entity.</summary>
    protected EntityKey Key { get; }

    /// <summary>The node's log, with what this entity says of itself.</summary>
    protected new ILogger Log => LogContext is { } context ? Services.Log.ForContext(context) : Services.Log;

    /// <summary>What every line about this entity carries; null for nothing.</summary>
    protected virtual ILogEventEnricher? LogContext => null;

    /// <summary>The state after everything that is durable.</summary>
    protected TState State => _state;

    /// <summary>Whether the state is all that is durable; false while the entity is taken for new, and its history was not looked for.</summary>
    protected bool KnowsItsPast => !_isPresumedNew;

    /// <summary>Whether the entity may be forgotten until the next message or wake-up.</summary>
    protected abstract bool CanPassivate(TState state);

    /// <summary>Does what a decision wants done outside.</summary>
    protected abstract void CarryOut(TIntent intent);

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

    /// <summary>A message that the actor has taken and not decided yet: it goes where the queue goes, before it. Null for none.</summary>
    protected virtual (object Message, IActorRef Sender)? TakenAside => null;

    /// <summary>A message for the actor's own surroundings, not for the behaviour; true if it was one.</summary>
    protected virtual bool HandleOutside(object message) => false;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        base.PreStart();
        Services.Residents.Add(Key, Self);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _hold?.Dispose();
        EndRest();
        Services.Residents.Remove(Key, Self);
        if (_phase != Phase.Leaving)
        {
            Stand();
        }

        base.PostStop();
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        _phase = Phase.Leaving;
        var pause = Services.Fallen.Fell(Key, reason, null, Queued());
        // A store that cannot be read says so itself; a line for each of the entities that wait for it would bury that.
        Log.Write(
            reason is StoreException || !Services.Fallen.IsNews(Key, Services.Time) ? LogEventLevel.Debug : LogEventLevel.Warning,
            "{Entity} cannot be loaded and tries again in {Pause}: {Reason}", Key, pause, reason.Message);
    }

    /// <inheritdoc/>
    protected override void OnCommand(object message) => Guarded(message, static (self, m) => self.Handle(m));

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) =>
        Guarded(cause, static (self, c) => self.OnRefused((Exception)c));

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        Guarded(cause, static (self, c) => self.OnRefused((Exception)c));

    /// <summary>Messages to decide, one after the other and in one commit.</summary>
    protected void Enqueue(params ReadOnlySpan<(object Message, IActorRef? Sender)> messages)
    {
        foreach (var (message, sender) in messages)
        {
            _queue.Enqueue(new PendingMessage(message, sender));
        }

        Advance();
    }

    /// <summary>
    /// A mistake in this program ends a life of the actor, not the node, and is not repeated at once: what was not decided is decided by the
    /// next life, but for the message that failed.
    /// </summary>
    private void Guarded(object message, Action<EntityActor<TState, TEvent, TIntent>, object> handle)
    {
        try
        {
            handle(this, message);
        }
        catch (Exception e)
        {
            var failed = _inHand;
            _inHand = null;
            Services.Telemetry?.Restarted(Key.Kind);
            var isNews = Services.Fallen.IsNews(Key, Services.Time);
            Log.Write(
                isNews ? LogEventLevel.Error : LogEventLevel.Debug,
                e, "{Entity} failed on {Message} and starts again from its history", Key, (failed?.Message ?? message).GetType().Name);
            if (failed is { Message: IRequest } request)
            {
                request.Sender?.Tell(StoreFailures.Refusal(e), Self);
            }

            AnswerRest();
            Fall(e, isSaid: true);
        }
    }

    // In one piece: one case for each message, and their order is part of what it does.
    private void Handle(object message)
    {
        var first = !_handledSince;
        _handledSince = true;
        switch (message)
        {
            case LeaveMemory:
                OnLeave();
                break;
            case var _ when _phase == Phase.Leaving:
                OnTooLate(message);
                break;
            case var _ when _phase == Phase.Resting && message is not EntityErased:
                OnWhileResting(message);
                break;
            case HoldOver:
                if (_phase == Phase.Holding)
                {
                    Persist(_batch!);
                }

                break;
            case LeaveIfIdle:
                OnLeaveIfIdle();
                break;
            case EntityErased:
                OnErased();
                break;
            case SkipEvent skip:
                Sender.Tell(
                    new SkipRefused(PersistenceId, skip.Sequence, "nothing keeps the entity from being read, so that there is nothing to skip."),
                    Self);
                break;
            case WakeUpNow when first && !_isPresumedNew && Services.Time.GetElapsedTime(_recoveredAt) < SameWakeUp:
                OnWhatRecoveryDid();
                break;
            default:
                if (message is ICreation && KnowsItsPast)
                {
                    // Made already: its next life here has a past, whatever was presumed as this came.
                    _ = Services.New.Take(Key);
                }

                _inHand = new PendingMessage(message, Sender);
                var isOutside = HandleOutside(message);
                _inHand = null;
                if (!isOutside)
                {
                    Enqueue((message, Sender));
                }

                break;
        }
    }

    /// <summary>A wake-up brought the entity to memory, and recovering has done what it asks for, or is about to make it durable.</summary>
    private void OnWhatRecoveryDid()
    {
        if (_phase == Phase.Ready)
        {
            // As after any wake-up: the alarm may be out of date.
            Services.Router.Tell(new AlarmChanged(Key, _behaviour.WakeUpAt(_state)), Self);
        }
    }

    private void OnRecovered()
    {
        _sequence = LastSequenceNr;
        _phase = Phase.Ready;
        Services.Telemetry?.Loaded(Key.Kind);
        Services.Unreadable.IsReadable(Key);
        (_hadFallen, var memory) = Services.Fallen.Restarted(Key);
        if (memory is not null && _sequence > memory.Sequence)
        {
            // Of wake-ups that became durable unnoticed nobody has heard: its own, and those of entities it created.
            Services.Router.Tell(new AlarmChanged(Key, _behaviour.WakeUpAt(_state)), Self);
            foreach (var created in memory.Creates)
            {
                Services.Router.Tell(created, WakeUpNow.Instance, ActorRefs.NoSender);
            }

            CaughtUp((TState)memory.State, _state);
        }

        _recoveredAt = Services.Time.GetTimestamp();
        if (!_isPresumedNew)
        {
            Loaded();
            Enqueue((Recovered.Instance, Self));
        }

        _handledSince = false;
    }

    /// <summary>Decides queued messages one after the other until the queue is empty or a commit has to be made.</summary>
    private void Advance()
    {
        var now = Services.Time.GetUtcNow();
        while (_phase is Phase.Ready or Phase.Holding && _queue.Count > 0)
        {
            var batch = _batch ??= new EntityBatch<TState, TEvent, TIntent>(_state);
            Decide(batch, now);
            if (!batch.NeedsCommit && _isPresumedNew)
            {
                // Whoever asks for it knows of it.
                BeginAnew(null, batch.Members.Select(m => m.Pending));
            }
            else if (!batch.NeedsCommit)
            {
                _batch = null;
                Finish(batch);
            }
            else if (batch.MayWait && !_leavesWhenDone)
            {
                Hold();
            }
            else
            {
                Persist(batch);
            }
        }

        if (_phase == Phase.Ready)
        {
            OnNothingLeft();
        }
    }

    private void OnNothingLeft()
    {
        if (_leavesWhenDone)
        {
            Stop();
        }
        else if (!_saidIdle && CanPassivate(_state))
        {
            _saidIdle = true;
            Services.Idle.Tell(EntityIdle.Instance, Self);
        }
    }

    private void Decide(EntityBatch<TState, TEvent, TIntent> batch, DateTimeOffset now)
    {
        do
        {
            var pending = _queue.Dequeue();
            _inHand = pending;
            var decision = _behaviour.Decide(batch.State, pending.Message, now);
            if (decision.Events.IsEmpty && !decision.Creates.IsEmpty)
            {
                throw new InvalidOperationException(
                    $"{Key} was to create {decision.Creates[0].Entity} without an event of its own: nothing would fence that commit.");
            }

            var state = batch.State;
            foreach (var @event in decision.Events)
            {
                state = _behaviour.Apply(state, @event, now);
            }

            batch.State = state;
            batch.Add(pending, decision, now);
            _inHand = null;
        }
        while (_queue.Count > 0 && !batch.IsFull);
    }

    private void Hold()
    {
        if (_phase != Phase.Holding)
        {
            _phase = Phase.Holding;
            var self = Self;
            _hold ??= Services.Time.CreateTimer(
                static s => ((IActorRef)s!).Tell(HoldOver.Instance, ActorRefs.NoSender), self, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _hold.Change(LongestHold, Timeout.InfiniteTimeSpan);
        }
    }

    private void Persist(EntityBatch<TState, TEvent, TIntent> batch)
    {
        if (_phase == Phase.Holding)
        {
            _hold!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        _phase = Phase.Persisting;
        var write = EntityWrites.Build(
            _behaviour, Services.Codec, Key.Id, _state, batch.State, _sequence, _snapshotSequence, batch.Events);
        batch.Persisted = new PersistedCommit(new EntityCommit([write, .. batch.Creates]));
        _unconfirmed = write.Events.Length;
        PersistAllAsync(Payloads(batch.Persisted, write.Events.Length), _onPersisted);
    }

    /// <summary>One payload for each event, so that Akka.Persistence counts as the journal does; the first one has all of the commit.</summary>
    private static object[] Payloads(PersistedCommit commit, int events)
    {
        var payloads = new object[events];
        Array.Fill(payloads, PersistedRest.Instance);
        payloads[0] = commit;
        return payloads;
    }

    private void OnPersisted(object payload)
    {
        if (--_unconfirmed == 0 && _phase == Phase.Persisting)
        {
            Guarded(payload, static (self, _) => self.OnCommitted());
        }
    }

    private void OnCommitted()
    {
        var batch = _batch!;
        _batch = null;
        var before = _state;
        var write = batch.Persisted!.Commit.Writes[0];
        _state = batch.State;
        _sequence += write.Events.Length;
        _snapshotSequence = write.Snapshot?.Sequence ?? _snapshotSequence;
        _phase = Phase.Ready;
        _isPresumedNew = false;
        Stand();
        if (write.WakeUp is { } wakeUp && wakeUp.At != EntityWakeUps.FromStartUp)
        {
            // One that only has to be in memory is; should its node go, the worker finds its row.
            Services.Router.Tell(new AlarmChanged(Key, wakeUp.At), Self);
        }

        _finishing = batch;
        Committed(before, _state);
        Finish(batch);
        if (!_erased)
        {
            Advance();
        }
        else if (_queue.Count == 0)
        {
            LeaveForGood();
        }
        else
        {
            BeginAnew(null, []);
        }
    }

    private void Stand()
    {
        if (_hadFallen)
        {
            _hadFallen = false;
            Services.Fallen.Stands(Key);
        }
    }

    private void Finish(EntityBatch<TState, TEvent, TIntent> batch)
    {
        _finishing = batch;
        while (batch.Answered < batch.Members.Count)
        {
            var (pending, decision) = batch.Members[batch.Answered++];
            Answer(pending, decision);
            foreach (var intent in decision.Intents)
            {
                CarryOut(intent);
            }

            if (pending.Message is WakeUpNow && !decision.NeedsCommit)
            {
                // The alarm may be out of date: tell it what is true, so that it neither rings for ever nor forgets.
                Services.Router.Tell(new AlarmChanged(Key, _behaviour.WakeUpAt(_state)), Self);
            }
        }

        _finishing = null;
    }

    private void Answer(PendingMessage pending, Decision<TEvent, TIntent> decision)
    {
        switch (decision.Reply)
        {
            case null when pending.Message is IRequest:
                pending.Sender?.Tell(new RequestNotHandled(pending.Message.GetType().Name, Key.ToString()), Self);
                break;
            case null:
                break;
            case AnswerFrom other:
                Services.Router.Tell(other.Entity, other.Message, pending.Sender);
                break;
            default:
                pending.Sender?.Tell(decision.Reply, Self);
                break;
        }
    }

    /// <summary>
    /// Something failed while a batch was being answered. Its answers are true all the same; what it wanted done is for the next life.
    /// </summary>
    private void AnswerRest()
    {
        if (_finishing is { } batch)
        {
            _finishing = null;
            foreach (var (pending, decision) in batch.Members.Skip(batch.Answered))
            {
                Answer(pending, decision);
            }
        }
    }
}
