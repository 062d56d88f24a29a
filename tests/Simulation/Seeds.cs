namespace Runner.Simulation;

/// <summary>Runs seeds side by side, each in one thread.</summary>
internal static class Seeds
{
    /// <param name="finished">Called from any of the threads for each seed; false stops further ones.</param>
    public static void Run(ulong from, int count, int parallel, SimulationOptions options, Func<SimulationResult, bool> finished) =>
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = parallel }, (i, loop) =>
        {
            if (!finished(Run(from + (ulong)i, options)))
            {
                loop.Stop();
            }
        });

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
