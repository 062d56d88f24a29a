using Akka.Actor;
using Akka.Cluster;
using Runner.Host.Cluster;

namespace Runner.Host.Tests.Cluster;

/// <summary>Who decides which half goes on: nodes, about nodes.</summary>
public sealed class NodeDowningTests
{
    private static readonly Address Here = new("akka.tcp", "runner", "a", 1);
    private static readonly Address There = new("akka.tcp", "runner", "b", 2);

    [Fact]
    public void The_resolver_hears_of_nodes_alone_and_of_the_first_of_them_as_the_leader()
    {
        Assert.Null(NodeDowningMailbox.Heard(new ClusterEvent.LeaderChanged(Here)));
        var first = NodeDowningMailbox.Heard(new ClusterEvent.RoleLeaderChanged("runner-node", There));
        Assert.Equal(There, Assert.IsType<ClusterEvent.LeaderChanged>(first).Leader);
        Assert.IsType<ClusterEvent.RoleLeaderChanged>(NodeDowningMailbox.Heard(new ClusterEvent.RoleLeaderChanged("runner-client", Here)));

        var (node, application) = (Member("runner-node"), Member("runner-client"));
        Assert.NotNull(NodeDowningMailbox.Heard(new ClusterEvent.UnreachableMember(node)));
        Assert.NotNull(NodeDowningMailbox.Heard(new ClusterEvent.MemberUp(node)));
        Assert.Null(NodeDowningMailbox.Heard(new ClusterEvent.UnreachableMember(application)));
        Assert.Null(NodeDowningMailbox.Heard(new ClusterEvent.ReachableMember(application)));
        Assert.Null(NodeDowningMailbox.Heard(new ClusterEvent.MemberUp(application)));
        Assert.Equal("anything else", NodeDowningMailbox.Heard("anything else"));
    }

    private static Member Member(string role)
    {
        using var system = ActorSystem.Create("runner", $$"""
            akka { loglevel = OFF, stdout-loglevel = OFF, actor.provider = cluster, cluster.roles = [{{role}}]
              remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 } }
            """);
        var cluster = Akka.Cluster.Cluster.Get(system);
        cluster.Join(cluster.SelfAddress);
        Assert.True(SpinWait.SpinUntil(() => cluster.SelfMember.Status == MemberStatus.Up, TimeSpan.FromMinutes(1)));
        return cluster.SelfMember;
    }
}
