using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Runner.Wire;

namespace Runner.Host.Cluster;

/// <summary>
/// Takes a member out of the cluster that is an application and has been silent for a while: there is nothing on it that could be twice, and it would
/// hold up nodes that join and leave.
/// </summary>
internal sealed class ApplicationDowning : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public ApplicationDowning()
    {
        var cluster = Akka.Cluster.Cluster.Get(Context.System);
        Receive<ClusterEvent.UnreachableMember>(
            e => Timers!.StartSingleTimer(e.Member.UniqueAddress, e.Member.UniqueAddress, Patience), e => !e.Member.HasRole(ClusterRoles.Node));
        Receive<ClusterEvent.ReachableMember>(e => Timers!.Cancel(e.Member.UniqueAddress));
        Receive<UniqueAddress>(member =>
        {
            if (cluster.State.Unreachable.Any(m => m.UniqueAddress == member))
            {
                Context.GetLogger().Warning("The application at {0} is silent and is taken out of the cluster", member.Address);
                cluster.Down(member.Address);
            }
        });
        ReceiveAny(_ => { });
        cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.UnreachableMember), typeof(ClusterEvent.ReachableMember));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <inheritdoc/>
    protected override void PostStop() => Akka.Cluster.Cluster.Get(Context.System).Unsubscribe(Self);
}
