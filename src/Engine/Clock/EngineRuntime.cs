namespace Runner.Engine.Clock;

/// <summary>Everything ambient that a node may use: time, timers, threads and chance.</summary>
/// <param name="Dispatcher">Where actors have their turns.</param>
public sealed record EngineRuntime(IClock Clock, ITimerScheduler Timers, IDispatcher Dispatcher, IRandom Random)
{
    /// <summary>
    /// Where what awaits an actor's answer goes on. Not among the actors, whose threads are few and must not be held up by what
    /// others do with an answer.
    /// </summary>
    public IDispatcher Outside { get; init; } = Dispatcher;

    /// <summary>The machine's clock, threads of the actors' own, .NET's timers, the system's randomness.</summary>
    /// <remarks>
    /// Half as many threads as processors: actors do no I/O and handle millions of messages a second each, and what they
    /// start needs processors too. The .NET thread pool in their place costs a fifth more processor time a run.
    /// </remarks>
    public static EngineRuntime CreateReal() =>
        new(new RealClock(), new RealTimerScheduler(), new ThreadDispatcher(Math.Clamp(Environment.ProcessorCount / 2, 1, 8)), new RealRandom())
        {
            Outside = new ThreadPoolDispatcher(),
        };
}
