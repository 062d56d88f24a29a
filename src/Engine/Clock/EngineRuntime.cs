namespace Runner.Engine.Clock;

/// <summary>Everything ambient that a node may use: time, timers, threads and chance.</summary>
public sealed record EngineRuntime(IClock Clock, ITimerScheduler Timers, IDispatcher Dispatcher, IRandom Random)
{
    /// <summary>The machine's clock, the .NET thread pool and its timers, the system's randomness.</summary>
    public static EngineRuntime CreateReal() =>
        new(new RealClock(), new RealTimerScheduler(), new ThreadPoolDispatcher(), new RealRandom());
}
