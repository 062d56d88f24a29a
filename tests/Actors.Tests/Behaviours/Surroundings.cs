using System.Collections.Concurrent;
using Runner.Engine.Clock;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>The machine's clock, which a test can step as a person or a time server might. Timers are not touched by it.</summary>
internal sealed class SteppedClock : IClock
{
    private readonly IClock _real = EngineRuntime.CreateReal().Clock;
    private long _offset;

    public DateTimeOffset UtcNow => _real.UtcNow + TimeSpan.FromTicks(Interlocked.Read(ref _offset));

    public long Timestamp => _real.Timestamp;

    public void Step(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);
}

/// <summary>The machine's timers, until a test stops them: what happens then does not happen by polling.</summary>
internal sealed class StoppableTimers : ITimerScheduler
{
    private readonly ITimerScheduler _real = EngineRuntime.CreateReal().Timers;
    private readonly ConcurrentQueue<Action> _due = new();
    private volatile bool _stopped;

    public ICancelable ScheduleOnce(TimeSpan delay, Action callback)
    {
        var timer = new Timed(callback);
        timer.Real = _real.ScheduleOnce(delay, () =>
        {
            if (_stopped)
            {
                _due.Enqueue(timer.Ring);
            }
            else
            {
                timer.Ring();
            }
        });
        return timer;
    }

    public void Stop() => _stopped = true;

    public void GoOn()
    {
        _stopped = false;
        while (_due.TryDequeue(out var ring))
        {
            ring();
        }
    }

    private sealed class Timed(Action callback) : ICancelable
    {
        private volatile bool _cancelled;

        public ICancelable? Real { get; set; }

        public void Cancel()
        {
            _cancelled = true;
            Real?.Cancel();
        }

        public void Ring()
        {
            if (!_cancelled)
            {
                callback();
            }
        }
    }
}
