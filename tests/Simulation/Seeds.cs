using System.Collections.Concurrent;

namespace Runner.Simulation;

/// <summary>Runs seeds side by side, each in one thread.</summary>
internal static class Seeds
{
    /// <summary>
    /// Runs them on threads of their own: on those of the pool they would, as long as they last, keep them from everything else in the process, and
    /// the pool makes no others while the processors are busy.
    /// </summary>
    /// <param name="finished">Called from any of the threads for each seed; false stops further ones.</param>
    public static void Run(ulong from, int count, int parallel, SimulationOptions options, Func<SimulationResult, bool> finished)
    {
        var next = -1;
        var failures = new ConcurrentQueue<Exception>();
        var threads = Enumerable.Range(0, Math.Min(parallel, count))
            .Select(i => new Thread(Work) { Name = $"seeds {i}", IsBackground = true }).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (!failures.IsEmpty)
        {
            throw new AggregateException(failures);
        }

        void Work()
        {
            try
            {
                while (Interlocked.Increment(ref next) is var i && i < count)
                {
                    if (!finished(Run(from + (ulong)i, options)))
                    {
                        Volatile.Write(ref next, count);
                    }
                }
            }
            catch (Exception e)
            {
                failures.Enqueue(e);
                Volatile.Write(ref next, count);
            }
        }
    }

    /// <summary>Runs one seed on this thread.</summary>
    public static SimulationResult Run(ulong seed, SimulationOptions options)
    {
        // A test runner's synchronization context would carry continuations off to other threads.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return new World(seed, options).Run();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
