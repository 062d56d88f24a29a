using Akka.Actor;

namespace Runner.Entities;

/// <summary>An entity has nothing to do for now and may be forgotten in a while.</summary>
internal sealed record EntityIdle : INoSerializationVerificationNeeded
{
    public static readonly EntityIdle Instance = new();
}

/// <summary>
/// Asks entities to leave this node's memory: when they have said a while ago that they are idle, or when <see cref="MostIdle"/> others
/// have become idle since: a burst over a hundred thousand entities costs time, not memory.
/// </summary>
/// <param name="idleAfter">How long an idle entity stays in memory.</param>
public sealed class IdleEntities(TimeProvider time, TimeSpan idleAfter) : UntypedActor, IWithTimers
{
    /// <summary>How many idle entities stay in memory.</summary>
    public const int MostIdle = 1_000;

    private readonly Queue<(long Since, IActorRef Entity)> _idle = new();

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case EntityIdle:
                OnIdle();
                break;
            case Sweep:
                OnSweep();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnIdle()
    {
        _idle.Enqueue((time.GetTimestamp(), Sender));
        if (_idle.Count == 1)
        {
            Timers.StartSingleTimer(typeof(Sweep), Sweep.Instance, idleAfter);
        }
        else if (_idle.Count > MostIdle)
        {
            AskToLeave(_idle.Dequeue().Entity);
        }
    }

    private void OnSweep()
    {
        while (_idle.TryPeek(out var next) && time.GetElapsedTime(next.Since) >= idleAfter)
        {
            AskToLeave(_idle.Dequeue().Entity);
        }

        if (_idle.TryPeek(out var later))
        {
            var left = idleAfter - time.GetElapsedTime(later.Since);
            Timers.StartSingleTimer(typeof(Sweep), Sweep.Instance, left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    private void AskToLeave(IActorRef entity) => entity.Tell(LeaveIfIdle.Instance, Self);

    private sealed record Sweep : INoSerializationVerificationNeeded
    {
        public static readonly Sweep Instance = new();
    }
}
