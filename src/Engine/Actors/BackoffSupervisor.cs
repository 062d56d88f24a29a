namespace Runner.Engine.Actors;

/// <summary>Which end of a child is followed by a pause and a new start.</summary>
public enum BackoffMode
{
    /// <summary>When it fails in a way that would have it restarted. If it stops by itself, so does the supervisor.</summary>
    OnFailure,

    /// <summary>When it stops, for whatever reason. Failures are handled by the default strategy.</summary>
    OnStop,
}

/// <summary>How long to pause: min, 2·min, 4·min … up to max, each made up to (1 + random factor) times longer by chance.</summary>
/// <param name="Min">First pause, above zero.</param>
/// <param name="Max">Longest pause before the random part, at least Min.</param>
/// <param name="RandomFactor">0 or more; 0.2 lengthens a pause by up to 20 %, so that many do not come back at once.</param>
/// <param name="AutoReset">A child that lasted this long starts from Min again; null: Min.</param>
public sealed record BackoffOptions(TimeSpan Min, TimeSpan Max, double RandomFactor, TimeSpan? AutoReset = null)
{
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Min, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Max, Min);
        ArgumentOutOfRangeException.ThrowIfNegative(RandomFactor);
    }

    /// <summary>The pause before the given restart (0: the first); <paramref name="chance"/> is in [0, 1).</summary>
    public TimeSpan Delay(int restart, double chance)
    {
        double ticks = Math.Min(Max.Ticks, Min.Ticks * Math.Pow(2, Math.Max(0, restart)));
        return TimeSpan.FromTicks((long)(ticks * (1 + (chance * RandomFactor))));
    }
}

/// <summary>
/// Keeps one child alive, with growing pauses between its starts. Messages to the supervisor go to the child (dead letters during a
/// pause); what the child sends to it goes to the supervisor's parent.
/// </summary>
public static class BackoffSupervisor
{
    /// <summary>Replies with <see cref="CurrentChild"/>.</summary>
    public sealed record GetCurrentChild;

    /// <param name="Ref">Null during a pause.</param>
    public sealed record CurrentChild(IActorRef? Ref);

    /// <summary>Replies with <see cref="RestartCount"/>.</summary>
    public sealed record GetRestartCount;

    /// <param name="Count">Starts since the last reset, less the first.</param>
    public sealed record RestartCount(int Count);

    /// <exception cref="ArgumentOutOfRangeException">The options are out of range.</exception>
    public static Props Props(Props childProps, string childName, BackoffOptions options, BackoffMode mode)
    {
        ArgumentNullException.ThrowIfNull(childProps);
        ArgumentException.ThrowIfNullOrEmpty(childName);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Actors.Props.Create(() => new BackoffSupervisorActor(childProps, childName, options, mode));
    }
}
