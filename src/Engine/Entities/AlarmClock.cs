using System.Collections.Immutable;
using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Runner.Entities.Store;
using Runner.Entities;
using Serilog;

namespace Runner.Engine.Entities;

/// <summary>
/// Brings entities to memory when their wake-ups are due. Truth is the store's rows: those of the next <see cref="Horizon"/> are kept in
/// memory, read page by page; an entity that commits a nearer one says so. A wake-up that is due stays so until the entity's own
/// commit moves it, and rings again every <see cref="RingAgain"/>: a lost message costs time, never work.
/// </summary>
/// <param name="wake">Sends <see cref="WakeUpNow"/> to an entity.</param>
/// <param name="telemetry">Told how late the reading of wake-ups is; null for nobody who asks.</param>
public sealed class AlarmClock(IEntityStore store, IClock clock, Action<EntityKey> wake, ILogger log, EntityTelemetry? telemetry = null) : ActorBase
{
    /// <summary>How far ahead rows are kept in memory; they are read again every half of it.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromMinutes(2);

    /// <summary>How long a due wake-up is given before it rings again.</summary>
    public static readonly TimeSpan RingAgain = TimeSpan.FromMinutes(1);

    private const int PageSize = 1000;

    /// <summary>No wait is longer than this, so that a step of the wall clock is noticed.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>What the wall clock and the monotonic one may differ by without a word: more than a clock that is being slewed does.</summary>
    private static readonly TimeSpan SmallestStep = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReadAgainAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Dictionary<EntityKey, Alarm> _alarms = [];
    private readonly PriorityQueue<Alarm, DateTimeOffset> _queue = new();
    private DateTimeOffset _readUntil;
    private long _readUntilTicks;
    private DateTimeOffset _latest;
    private long _latestTimestamp;
    private (TimeSpan By, long At)? _step;
    private bool _reading;
    private bool _readAgain;

    /// <summary>When the timer fires, by the clock that never steps; null if none is set.</summary>
    private long? _timerAt;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        telemetry?.ObserveAlarms(Behind);
        Read();
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
            case PageRead page:
                OnPage(page.Until, page.Rows);
                break;
            case ReadFailed failed:
                _reading = false;
                log.Warning("Wake-ups cannot be read; trying again: {Reason}", failed.Cause.Message);
                Context.Timers.StartSingleTimer(typeof(ReadNow), ReadNow.Instance, ReadAgainAfterFailure);
                break;
            case ReadNow or ReadAlarms:
                Read();
                break;
            case GetAlarmStatus:
                Sender.Tell(
                    new AlarmStatus(_readUntil, _step is var (by, at) ? new ClockStep(by, TimeSpan.FromTicks(clock.Timestamp - at)) : null), Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Called from any thread. Null before the first reading.</summary>
    private TimeSpan? Behind() => Volatile.Read(ref _readUntilTicks) is > 0 and var ticks ? TimeSpan.FromTicks(clock.UtcNow.UtcTicks - ticks) : null;

    private void Read()
    {
        // What became durable since the reading began may not be in it.
        _readAgain = _reading;
        if (!_reading)
        {
            _reading = true;
            ReadPage(clock.UtcNow + Horizon, null);
        }
    }

    private void ReadPage(DateTimeOffset until, WakeUp? after) => store.WakeUpsAsync(until, after, PageSize)
        .PipeTo(Self, null, rows => new PageRead(until, rows), e => new ReadFailed(e));

    private void OnPage(DateTimeOffset until, ImmutableArray<WakeUp> rows)
    {
        foreach (var row in rows)
        {
            // What an entity has said since is newer than this row.
            if (!_alarms.ContainsKey(row.Entity))
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
            Volatile.Write(ref _readUntilTicks, until.UtcTicks);
            if (_readAgain)
            {
                Read();
            }

            Context.Timers.StartSingleTimer(typeof(ReadNow), ReadNow.Instance, Horizon / 2);
        }

        Ring();
    }

    private void Change(EntityKey entity, DateTimeOffset? at)
    {
        var now = clock.UtcNow;
        if (at is not { } time || time > now + Horizon)
        {
            _alarms.Remove(entity);
        }
        else if (_alarms.TryGetValue(entity, out var alarm) && alarm.At == time)
        {
            // One that is as it was goes on ringing as it did: an entity that answers a ring so must not be rung at once again.
        }
        else if (time > now)
        {
            Set(entity, time, time);
            Wait();
        }
        else
        {
            // Due already: no timer is needed to say so. One that is only to be in memory is there: it has just spoken.
            if (time != EntityWakeUps.FromStartUp)
            {
                wake(entity);
            }

            Set(entity, time, now + RingAgain);
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
        var now = clock.UtcNow;
        NoticeStep(now);
        while (_queue.TryPeek(out var alarm, out var ringAt) && ringAt <= now)
        {
            _queue.Dequeue();
            if (_alarms.GetValueOrDefault(alarm.Entity) == alarm)
            {
                wake(alarm.Entity);
                _queue.Enqueue(alarm, now + RingAgain);
            }
        }

        if (now > _readUntil)
        {
            Read();
        }

        Wait();
    }

    /// <summary>
    /// Says once of each step of the wall clock how far it was. After a step back the times to ring again would be too far away.
    /// </summary>
    private void NoticeStep(DateTimeOffset now)
    {
        var timestamp = clock.Timestamp;
        var by = now - _latest - TimeSpan.FromTicks(timestamp - _latestTimestamp);
        if (_latest != default && by.Duration() >= SmallestStep)
        {
            _step = (by, timestamp);
            log.Warning(
                "The machine's clock went {Direction:l} by {By}: schedules go by the new time, timeouts and delays by none",
                by < TimeSpan.Zero ? "back" : "forward", by.Duration());
        }

        if (now < _latest)
        {
            _queue.Clear();
            _queue.EnqueueRange(_alarms.Values.Select(alarm => (alarm, alarm.At)));
        }

        (_latest, _latestTimestamp) = (now, timestamp);
    }

    private void Wait()
    {
        // Without an alarm in memory, too: a step forward may have passed one that is beyond the horizon.
        var wait = LongestWait;
        if (_queue.TryPeek(out _, out var next) && next - clock.UtcNow < wait)
        {
            wait = next - clock.UtcNow;
            wait = wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }

        var at = clock.Timestamp + wait.Ticks;
        if (_timerAt is null || at < _timerAt)
        {
            _timerAt = at;
            Context.Timers.StartSingleTimer(typeof(Tick), Tick.Instance, wait);
        }
    }

    /// <summary>An entity's wake-up; an object of its own for each time it is changed, so that the queue's former ones count no more.</summary>
    private sealed class Alarm(EntityKey entity, DateTimeOffset at)
    {
        public EntityKey Entity => entity;

        public DateTimeOffset At => at;
    }

    private sealed record PageRead(DateTimeOffset Until, ImmutableArray<WakeUp> Rows);

    private sealed record ReadFailed(Exception Cause);

    private sealed record Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed record ReadNow
    {
        public static readonly ReadNow Instance = new();
    }
}
