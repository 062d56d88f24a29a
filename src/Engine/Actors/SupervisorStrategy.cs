namespace Runner.Engine.Actors;

/// <summary>What a parent does with a child that failed.</summary>
public enum Directive
{
    /// <summary>Go on with the next message, in the same state.</summary>
    Resume,

    /// <summary>Replace the instance by a new one; mailbox and address stay.</summary>
    Restart,

    /// <summary>End it.</summary>
    Stop,

    /// <summary>Fail oneself, for the grandparent to decide.</summary>
    Escalate,
}

/// <summary>A parent's rule for failures of its children. Immutable; counts are kept by the parent.</summary>
public abstract class SupervisorStrategy
{
    /// <summary>One for one, without a limit, with <see cref="DefaultDecider"/>.</summary>
    public static readonly SupervisorStrategy Default = new OneForOneStrategy();

    /// <summary>One for one, stopping whatever fails.</summary>
    public static readonly SupervisorStrategy Stopping = new OneForOneStrategy(decider: static _ => Directive.Stop);

    private protected SupervisorStrategy(int maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive>? decider)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNrOfRetries, -1);
        MaxNrOfRetries = maxNrOfRetries;
        WithinTimeRange = withinTimeRange;
        Decider = decider ?? DefaultDecider;
    }

    /// <summary>Restarts allowed per child (within the range, if there is one) before it is stopped; -1: no limit; 0: never restart.</summary>
    public int MaxNrOfRetries { get; }

    /// <summary>The window for counting restarts; null: the child's whole life.</summary>
    public TimeSpan? WithinTimeRange { get; }

    /// <summary>Decides by exception. If it throws, that is the parent's own failure.</summary>
    public Func<Exception, Directive> Decider { get; }

    /// <summary>Stop for an actor that cannot start or broke its death pact; restart for everything else.</summary>
    public static Directive DefaultDecider(Exception cause) =>
        cause is ActorInitializationException or DeathPactException ? Directive.Stop : Directive.Restart;

    /// <summary>Who is restarted or stopped when <paramref name="failed"/> has failed.</summary>
    internal abstract ActorCell[] Affected(ActorCell failed, ChildSet children);
}

/// <summary>Only the child that failed is dealt with.</summary>
public sealed class OneForOneStrategy(
    int maxNrOfRetries = -1, TimeSpan? withinTimeRange = null, Func<Exception, Directive>? decider = null)
    : SupervisorStrategy(maxNrOfRetries, withinTimeRange, decider)
{
    internal override ActorCell[] Affected(ActorCell failed, ChildSet children) => [failed];
}

/// <summary>All children are restarted or stopped together.</summary>
public sealed class AllForOneStrategy(
    int maxNrOfRetries = -1, TimeSpan? withinTimeRange = null, Func<Exception, Directive>? decider = null)
    : SupervisorStrategy(maxNrOfRetries, withinTimeRange, decider)
{
    internal override ActorCell[] Affected(ActorCell failed, ChildSet children) => children.Snapshot();
}

/// <summary>Restarts of one child, counted by its parent.</summary>
internal sealed class RestartStatistics
{
    private int _count;
    private long? _windowStart;

    /// <summary>Counts one more restart; false if the child has had its share.</summary>
    public bool RequestPermission(int maxNrOfRetries, TimeSpan? withinTimeRange, long now)
    {
        if (maxNrOfRetries == 0)
        {
            return false;
        }

        if (withinTimeRange is { } range && (_windowStart is not { } start || now - start > range.Ticks))
        {
            _windowStart = now;
            _count = 0;
        }

        // A range without a number allows one restart in it, as in Akka.
        int allowed = maxNrOfRetries < 0 ? 1 : maxNrOfRetries;
        return ++_count <= allowed;
    }
}
