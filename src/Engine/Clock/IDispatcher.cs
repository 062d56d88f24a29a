namespace Runner.Engine.Clock;

/// <summary>Where work runs: the thread pool, or the simulator's one thread.</summary>
public interface IDispatcher
{
    /// <summary>Queues the work to run soon, never inline. Safe to call from any thread; the work must not throw.</summary>
    void Execute(IThreadPoolWorkItem work);

    /// <summary>How many messages an actor may handle in one turn before others get theirs; 1 or more.</summary>
    int Throughput { get; }
}
