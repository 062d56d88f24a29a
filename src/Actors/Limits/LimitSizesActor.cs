using Akka.Actor;
using Runner.Entities;
using Runner.Messages.Limits;

namespace Runner.Actors.Limits;

/// <summary>The sizes of the named limits, durably: the shell around <see cref="LimiterBehaviour"/>. What changes is told to the limiter.</summary>
internal sealed class LimitSizesActor(EntityServices entities, LimiterBehaviour behaviour, Func<IActorRef> limiter, string id)
    : EntityActor<LimiterState, ILimitEvent, ILimitIntent>(entities, behaviour, id)
{
    /// <inheritdoc/>
    protected override bool CanPassivate(LimiterState state) => true;

    /// <inheritdoc/>
    protected override void CaughtUp(LimiterState before, LimiterState after)
    {
        foreach (var name in before.Sizes.Keys.Union(after.Sizes.Keys).Where(n => before.Of(n) != after.Of(n)))
        {
            limiter().Tell(new LimitSizeChanged(name, after.Of(name)?.Size, after.Of(name)?.Ending ?? false), Self);
        }
    }

    /// <inheritdoc/>
    protected override void CarryOut(ILimitIntent intent) => limiter().Tell(intent, Self);
}
