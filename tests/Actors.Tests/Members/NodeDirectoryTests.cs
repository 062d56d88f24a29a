using System.Collections.Immutable;
using Akka.Actor;
using Microsoft.Extensions.Time.Testing;
using Runner.Actors.Members;
using Runner.Tests.Kit;

namespace Runner.Actors.Tests.Members;

public sealed class NodeDirectoryTests
{
    private static readonly ImmutableSortedDictionary<string, string> NoLabels = ImmutableSortedDictionary<string, string>.Empty;

    private readonly FakeTimeProvider _time = new();
    private readonly NodeDirectory _nodes;
    private int _changes;

    public NodeDirectoryTests()
    {
        _nodes = new NodeDirectory(new NodeHere("a", 5, NoLabels), isShared: true, _time);
        _nodes.Subscribe(() => _changes++);
    }

    [Fact]
    public void Who_looks_is_told_of_what_has_changed_and_of_nothing_else()
    {
        _nodes.Set(new NodeHere("b", 3, NoLabels.Add("gpu", "true")), Actor("b"));
        Assert.Equal(1, _changes);
        _nodes.Set(new NodeHere("b", 3, NoLabels.Add("gpu", "true")), Actor("b"));
        Assert.Equal(1, _changes);
        _nodes.Set(new NodeHere("b", 3, NoLabels), Actor("b"));
        _nodes.SetOwn(own => own with { Draining = true });
        _nodes.SetOwn(own => own with { Draining = true });
        Assert.Equal(3, _changes);
        Assert.Equal((0, 5), (_nodes.Own.Room, _nodes.Own.Size));
    }

    [Fact]
    public void A_member_that_has_gone_is_not_found_and_another_life_of_it_is()
    {
        _nodes.Set(new NodeHere("b", 3, NoLabels), Actor("b"));
        Assert.Equal("b", _nodes.NameAt(Actor("b").Path.Address));
        _nodes.Remove(Actor("c").Path.Address);
        Assert.NotNull(_nodes.Find("b"));
        _nodes.Remove(Actor("b").Path.Address);
        Assert.Null(_nodes.Find("b"));
        Assert.Null(_nodes.NameAt(Actor("b").Path.Address));
        _nodes.Set(new NodeHere("b", 3, NoLabels), Actor("b2"));
        Assert.Equal(Actor("b2").Path, _nodes.Find("b")!.Actor.Path);
    }

    [Fact]
    public void The_store_is_away_if_most_say_so_and_none_is_silent()
    {
        var lately = TimeSpan.FromSeconds(3);
        _nodes.Set(new NodeHere("b", 3, NoLabels) { SeesStore = false }, Actor("b"));
        _nodes.Set(new NodeHere("c", 3, NoLabels), Actor("c"));
        Assert.False(_nodes.MostSeeStoreAway(lately));
        _nodes.SetOwn(own => own with { SeesStore = false });
        Assert.True(_nodes.MostSeeStoreAway(lately));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(_nodes.MostSeeStoreAway(lately));
    }

    [Fact]
    public void On_a_store_of_its_own_every_attempt_is_a_nodes_own()
    {
        Assert.False(_nodes.IsOwn("b"));
        Assert.True(_nodes.IsOwn("a"));
        Assert.True(new NodeDirectory(new NodeHere("a", 5, NoLabels), isShared: false, _time).IsOwn("b"));
    }

    private static IActorRef Actor(string host) => new Stranger(new RootActorPath(new Address("akka.tcp", "runner", host, 4290)) / "user" / "node");

    /// <summary>An actor somewhere else.</summary>
    private sealed class Stranger(ActorPath path) : MinimalActorRef
    {
        public override ActorPath Path => path;

        public override IActorRefProvider Provider => throw new NotSupportedException();
    }
}
