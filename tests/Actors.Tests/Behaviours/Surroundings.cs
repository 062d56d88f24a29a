using System.Collections.Concurrent;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Where the machine's time comes into these tests.</summary>
internal static class MachineTime
{
#pragma warning disable RS0030 // This is the place.
    public static TimeProvider Provider => TimeProvider.System;
#pragma warning restore RS0030
}

/// <summary>The machine's clock, which a test can step as a person or a time server might. Timers are not touched by it.</summary>
internal sealed class SteppedClock : TimeProvider
{
    private long _offset;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _offset));

    public void Step(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);
}

/// <summary>The machine's timers, until a test stops them: what happens then does not happen by polling.</summary>
internal sealed class StoppableTimers : TimeProvider
{
    private readonly ConcurrentQueue<Action> _due = new();
    private volatile bool _stopped;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(
        s =>
        {
            if (_stopped)
            {
                _due.Enqueue(() => callback(s));
            }
            else
            {
                callback(s);
            }
        },
        state, dueTime, period);

    public void Stop() => _stopped = true;

    public void GoOn()
    {
        _stopped = false;
        while (_due.TryDequeue(out var ring))
        {
            ring();
        }
    }
}
