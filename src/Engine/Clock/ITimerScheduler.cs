namespace Runner.Engine.Clock;

/// <summary>One-shot timers on the monotonic clock.</summary>
public interface ITimerScheduler
{
    /// <summary>
    /// Calls <paramref name="callback"/> once, no earlier than <paramref name="delay"/> from now. Real runtimes call it on an
    /// unspecified thread, the simulator on its own; it must not block, and must not throw.
    /// </summary>
    /// <param name="delay">Zero or more, of any length.</param>
    /// <exception cref="ArgumentOutOfRangeException">The delay is negative.</exception>
    ICancelable ScheduleOnce(TimeSpan delay, Action callback);
}

/// <summary>Something that can be called off.</summary>
public interface ICancelable
{
    /// <summary>Idempotent. A callback that has already begun is not stopped, and may be running on another thread.</summary>
    void Cancel();
}
