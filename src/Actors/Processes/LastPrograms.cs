using Runner.Actors.FlowRunners;

namespace Runner.Actors.Processes;

/// <summary>
/// The programs of a node that is being stopped, for the case that its store takes nothing any more. A run tells its program to end once that is
/// durable, and is done once the outcome is: with such a store neither comes. So programs that were not told in time are told from here, and once
/// they are gone the stop waits for commits only as long as there are some. What is missing then the node's next start finds out.
/// </summary>
internal sealed class LastPrograms(ProcessCount processes, IFlowRunner flowRunner, TimeProvider time)
{
    /// <summary>How long is waited for commits: for that a program is to end, and for what became of the last ones.</summary>
    public static readonly TimeSpan Commits = TimeSpan.FromSeconds(5);

    /// <summary>How often it has to be looked.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly long _began = time.GetTimestamp();
    private long _progress = time.GetTimestamp();
    private int _count = processes.Current;

    /// <summary>Does what is to be done now; true if there is nothing more to wait for.</summary>
    public bool Look()
    {
        if (flowRunner is not ILiveAttempts alive)
        {
            // Nobody knows what still runs: the runs have the say.
            return false;
        }

        var attempts = processes.Attempts;
        foreach (var (key, grace, toldAt) in attempts)
        {
            if (toldAt is null && time.GetElapsedTime(_began) >= Commits)
            {
                processes.Told(key.RunId, grace, time.GetTimestamp());
                flowRunner.Stop(key, grace > TimeSpan.Zero ? StopSignal.Terminate : StopSignal.Kill);
            }
            else if (toldAt is { } told && time.GetElapsedTime(told) >= grace + Commits)
            {
                // Its run had the time to do it, and may not be in memory any more.
                flowRunner.Stop(key, StopSignal.Kill);
            }
        }

        if (attempts.Length != _count || AnyOf(attempts, alive))
        {
            (_count, _progress) = (attempts.Length, time.GetTimestamp());
        }

        return time.GetElapsedTime(_progress) >= Commits;
    }

    /// <summary>
    /// Tells programs to end whose runs have not asked for them since this node was cut off and began another life: nobody else would, and their runs
    /// may begin again elsewhere.
    /// </summary>
    /// <returns>Whether there were any.</returns>
    public bool EndUnasked(StopSignal signal)
    {
        var any = false;
        foreach (var key in flowRunner is ILiveAttempts alive ? alive.Live : [])
        {
            if (!processes.Has(key))
            {
                any = true;
                flowRunner.Stop(key, signal);
            }
        }

        return any;
    }

    /// <summary>Whether a program is there that is not counted.</summary>
    public bool AnyUnasked() => flowRunner is ILiveAttempts alive && alive.Live.Any(key => !processes.Has(key));

    /// <summary>Whether a program of those that are counted is there.</summary>
    public bool AnyAlive() => flowRunner is ILiveAttempts alive && AnyOf(processes.Attempts, alive);

    private static bool AnyOf(CountedAttempt[] attempts, ILiveAttempts alive)
    {
        var live = alive.Live;
        return live.Count > 0 && attempts.Any(a => live.Contains(a.Key));
    }
}
