using System.Collections.Immutable;
using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Runner.Engine.Store;
using Serilog;

namespace Runner.Engine.Entities;

/// <summary>
/// Brings entities to memory when their wake-ups are due. Truth is the store's rows: those of the next <see cref="Horizon"/> are kept in
/// memory, read page by page; an entity that commits a nearer one says so. A wake-up that is due stays so until the entity's own
/// commit moves it, and rings again every <see cref="RingAgain"/>: a lost message costs time, never work.
/// </summary>
/// <param name="wake">Sends <see cref="WakeUpNow"/> to an entity.</param>
public sealed class AlarmClock(IEntityStore store, IClock clock, Action<EntityKey> wake, ILogger log) : ActorBase
{
    /// <summary>How far ahead rows are kept in memory; they are read again every half of it.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromMinutes(2);

    /// <summary>How long a due wake-up is given before it rings again.</summary>
    public static readonly TimeSpan RingAgain = TimeSpan.FromMinutes(1);

    private const int PageSize = 1000;

    /// <summary>No wait is longer than this, so that a step of the wall clock is noticed.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReadAgainAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Dictionary<EntityKey, DateTimeOffset> _alarms = [];
    private readonly PriorityQueue<(EntityKey Entity, DateTimeOffset At), DateTimeOffset> _queue = new();
    private DateTimeOffset _readUntil;
    private bool _reading;
    private bool _readAgain;
    private DateTimeOffset? _timerAt;

    /// <inheritdoc/>
    protected override void PreStart() => Read();

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
                Sender.Tell(new AlarmStatus(_readUntil), Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Read()
    {
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
            if (_alarms.TryAdd(row.Entity, row.At))
            {
                _queue.Enqueue((row.Entity, row.At), row.At);
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
            return;
        }

        if (_alarms.TryGetValue(entity, out var known) && known == time)
        {
            return; // It is queued already, to ring or to ring again.
        }

        _alarms[entity] = time;
        if (time > now)
        {
            _queue.Enqueue((entity, time), time);
            Wait();
        }
        else
        {
            wake(entity);
            _queue.Enqueue((entity, time), now + RingAgain);
        }
    }

    private void Ring()
    {
        var now = clock.UtcNow;
        while (_queue.TryPeek(out var next, out var ringAt) && ringAt <= now)
        {
            _queue.Dequeue();
            if (_alarms.TryGetValue(next.Entity, out var at) && at == next.At)
            {
                wake(next.Entity);
                _queue.Enqueue(next, now + RingAgain);
            }
        }

        if (now > _readUntil)
        {
            Read();
        }

        Wait();
    }

    private void Wait()
    {
        // Without an alarm in memory, too: a step forward may have passed one that is beyond the horizon.
        var now = clock.UtcNow;
        var next = _queue.TryPeek(out _, out var first) ? first : now + LongestWait;
        if (_timerAt is null || next < _timerAt)
        {
            var wait = next - now;
            wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestWait ? LongestWait : wait;
            _timerAt = now + wait;
            Context.Timers.StartSingleTimer(typeof(Tick), Tick.Instance, wait);
        }
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
