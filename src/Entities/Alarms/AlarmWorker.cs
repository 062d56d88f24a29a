using System.Collections.Immutable;
using Akka.Actor;
using Runner.Entities.Store;

namespace Runner.Entities.Alarms;

/// <summary>
/// Brings the entities of one slice to memory when their wake-ups are due. Truth is the store's rows: those of the next <see cref="Horizon"/> are
/// kept in memory, read page by page; an entity that commits a nearer one says so. A wake-up that is due stays so until the entity's own
/// commit moves it, and rings again every <see cref="RingAgain"/>: a lost message costs time, never work.
/// </summary>
/// <param name="slice">Which of <see cref="EntitySlices"/>.</param>
/// <param name="board">Told how far this worker sees.</param>
/// <param name="rests">Whether an entity rests in this node's memory since it cannot be read: to wake it would be in vain, again and again. Null for
/// none.</param>
public sealed class AlarmWorker(
    int slice, IEntityStore store, TimeProvider time, IEntityRouter router, AlarmBoard board, Func<EntityKey, bool>? rests = null)
    : UntypedActor, IWithTimers
{
    /// <summary>How far ahead rows are kept in memory; they are read again every half of it.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromMinutes(2);

    /// <summary>How long a due wake-up is given before it rings again.</summary>
    public static readonly TimeSpan RingAgain = TimeSpan.FromMinutes(1);

    private const int PageSize = 1000;

    private static readonly TimeSpan ReadAgainAfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long after a node was lost all that is due rings once more: what was sent before the regions knew of it went to the node that is gone.
    /// </summary>
    private static readonly TimeSpan RingAfterLoss = TimeSpan.FromSeconds(2);

    private readonly Dictionary<EntityKey, Alarm> _alarms = [];
    private readonly PriorityQueue<Alarm, DateTimeOffset> _queue = new();
    private ITimer _timer = null!;
    private DateTimeOffset _readUntil;
    private DateTimeOffset _latest;
    private bool _reading;
    private bool _readsAgain;

    /// <summary>When the timer fires, by the clock that never steps; null if none is set.</summary>
    private TimeSpan? _timerAt;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        var self = Self;
        // Not the system's scheduler: its wheel turns in steps of ten milliseconds, and an alarm is late by as much.
        _timer = time.CreateTimer(_ => self.Tell(Tick.Instance, ActorRefs.NoSender), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        board.Came(slice, Self);
        Read();
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _timer.Dispose();
        board.Left(slice, Self);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case AlarmChanged changed:
                Change(changed.Entity, changed.At);
                break;
            case Tick:
                _timerAt = null;
                Ring();
                break;
            case ClockStepped:
                _timerAt = null;
                Ring();
                break;
            case NodeGone:
                RingAllDue();
                Timers.StartSingleTimer(typeof(RingAgainNow), RingAgainNow.Instance, RingAfterLoss);
                break;
            case RingAgainNow:
                RingAllDue();
                break;
            case PageRead page:
                OnPage(page.Until, page.Rows);
                break;
            case ReadFailed failed:
                OnReadFailed(failed.Cause);
                break;
            case ReadNow:
                Read();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>
    /// All that is due by now is to be in memory, and may not be any more. Of what has only to be in memory no alarm was set: it is read.
    /// </summary>
    private void RingAllDue()
    {
        var now = time.GetUtcNow();
        foreach (var alarm in _alarms.Values.Where(alarm => alarm.At <= now).ToArray())
        {
            Set(alarm.Entity, alarm.At, now);
        }

        _readsAgain = _reading;
        Read();
        Ring();
    }

    private void Read()
    {
        if (!_reading)
        {
            _reading = true;
            ReadPage(time.GetUtcNow() + Horizon, null);
        }
    }

    private void ReadPage(DateTimeOffset until, WakeUp? after) => store.WakeUpsAsync(until, after, PageSize, slice)
        .PipeTo(Self, Self, rows => new PageRead(until, rows), e => new ReadFailed(e));

    private void OnPage(DateTimeOffset until, ImmutableArray<WakeUp> rows)
    {
        foreach (var row in rows)
        {
            // What an entity has said since is newer than this row. But of what has only to be in memory it says nothing, and what it said before may
            // lie ahead of a clock that was set back.
            if (!_alarms.TryGetValue(row.Entity, out var known) || (row.At == EntityWakeUps.FromStartUp && known.At != row.At))
            {
                Set(row.Entity, row.At, row.At);
            }
        }

        if (rows.Length == PageSize)
        {
            ReadPage(until, rows[^1]);
        }
        else
        {
            _reading = false;
            _readUntil = until;
            board.ReadUntil(slice, until);
            Timers.StartSingleTimer(typeof(ReadNow), ReadNow.Instance, _readsAgain ? TimeSpan.Zero : Horizon / 2);
            _readsAgain = false;
        }

        Ring();
    }

    private void OnReadFailed(Exception cause)
    {
        _reading = false;
        board.CannotBeRead(cause.Message);
        Timers.StartSingleTimer(typeof(ReadNow), ReadNow.Instance, ReadAgainAfterFailure);
    }

    private void Change(EntityKey entity, DateTimeOffset? at)
    {
        var now = time.GetUtcNow();
        if (at is not { } due || due > now + Horizon)
        {
            _alarms.Remove(entity);
        }
        else if (_alarms.TryGetValue(entity, out var alarm) && alarm.At == due)
        {
            // One that is as it was goes on ringing as it did: an entity that answers a ring so must not be rung at once again.
        }
        else if (due > now)
        {
            Set(entity, due, due);
            Wait();
        }
        else
        {
            // Due already: no timer is needed to say so. One that is only to be in memory is there: it has just spoken.
            if (due != EntityWakeUps.FromStartUp)
            {
                router.Tell(entity, WakeUpNow.Instance, ActorRefs.NoSender);
            }

            Set(entity, due, now + RingAgain);
            Wait();
        }
    }

    private void Set(EntityKey entity, DateTimeOffset at, DateTimeOffset ringAt)
    {
        var alarm = new Alarm(entity, at);
        _alarms[entity] = alarm;
        _queue.Enqueue(alarm, ringAt);
    }

    private void Ring()
    {
        var now = time.GetUtcNow();
        NoticeStep(now);
        while (_queue.TryPeek(out var alarm, out var ringAt) && ringAt <= now)
        {
            _queue.Dequeue();
            if (_alarms.GetValueOrDefault(alarm.Entity) == alarm)
            {
                if (rests?.Invoke(alarm.Entity) != true)
                {
                    router.Tell(alarm.Entity, WakeUpNow.Instance, ActorRefs.NoSender);
                }

                _queue.Enqueue(alarm, now + RingAgain);
            }
        }

        if (now > _readUntil)
        {
            Read();
        }

        Wait();
    }

    /// <summary>After a step back of the wall clock the times to ring again would be too far away.</summary>
    private void NoticeStep(DateTimeOffset now)
    {
        if (now < _latest)
        {
            _queue.Clear();
            _queue.EnqueueRange(_alarms.Values.Select(alarm => (alarm, alarm.At)));
        }

        _latest = now;
    }

    private void Wait()
    {
        if (!_queue.TryPeek(out _, out var next))
        {
            return;
        }

        var wait = next - time.GetUtcNow();
        wait = wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        var at = time.GetElapsedTime(0) + wait;
        if (_timerAt is null || at < _timerAt)
        {
            _timerAt = at;
            // Timers count whole milliseconds: up, since an alarm may ring late but not early.
            _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>An entity's wake-up; an object of its own for each time it is changed, so that the queue's former ones count no more.</summary>
    private sealed class Alarm(EntityKey entity, DateTimeOffset at)
    {
        public EntityKey Entity => entity;

        public DateTimeOffset At => at;
    }

    private sealed record PageRead(DateTimeOffset Until, ImmutableArray<WakeUp> Rows) : INoSerializationVerificationNeeded;

    private sealed record ReadFailed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed record Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }

    private sealed record RingAgainNow : INoSerializationVerificationNeeded
    {
        public static readonly RingAgainNow Instance = new();
    }

    private sealed record ReadNow : INoSerializationVerificationNeeded
    {
        public static readonly ReadNow Instance = new();
    }
}
