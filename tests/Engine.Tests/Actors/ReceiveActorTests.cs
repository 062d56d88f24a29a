using Runner.Engine.Actors;

namespace Runner.Engine.Tests.Actors;

public sealed class ReceiveActorTests
{
    private readonly World _world = new();

    [Fact]
    public void The_first_handler_that_fits_gets_the_message()
    {
        var actor = _world.System.ActorOf(Props.Create(() => new Sample()));
        Assert.Equal("long text", _world.Ask<string>(actor, "a long text"));
        Assert.Equal("text", _world.Ask<string>(actor, "short"));
        Assert.Equal("any", _world.Ask<string>(actor, 1));
    }

    [Fact]
    public void Become_replaces_all_handlers()
    {
        var actor = _world.System.ActorOf(Props.Create(() => new Sample()));
        _world.System.EventStream.Subscribe<UnhandledMessage>(_world.Probe.Ref);
        Assert.Equal("became", _world.Ask<string>(actor, true));
        Assert.Equal("number", _world.Ask<string>(actor, 1));
        actor.Tell("text");
        Assert.Equal("text", _world.Probe.ExpectMsg<UnhandledMessage>().Message);
    }

    [Fact]
    public void Become_in_the_constructor_may_be_followed_by_more_handlers()
    {
        var actor = _world.System.ActorOf(Props.Create(() => new BecomesEarly()));
        Assert.Equal("text", _world.Ask<string>(actor, "x"));
        Assert.Equal("number", _world.Ask<string>(actor, 1));
    }

    [Fact]
    public void Handlers_cannot_be_added_while_handling()
    {
        var actor = _world.System.ActorOf(Props.Create(() => new Late()));
        Assert.Contains("Become", _world.Ask<string>(actor, "x"), StringComparison.Ordinal);
    }

    private sealed class Sample : ReceiveActor
    {
        public Sample()
        {
            Receive<string>(_ => Sender.Tell("long text"), text => text.Length > 5);
            Receive<string>(_ => Sender.Tell("text"));
            Receive<bool>(_ =>
            {
                Become(() => Receive<int>(_ => Sender.Tell("number")));
                Sender.Tell("became");
            });
            ReceiveAny(_ => Sender.Tell("any"));
        }
    }

    private sealed class BecomesEarly : ReceiveActor
    {
        public BecomesEarly()
        {
            Become(() => Receive<string>(_ => Sender.Tell("text")));
            Receive<int>(_ => Sender.Tell("number"));
        }
    }

    private sealed class Late : ReceiveActor
    {
        public Late() => Receive<string>(_ =>
            Sender.Tell(Assert.Throws<InvalidOperationException>(() => Receive<int>(_ => { })).Message));
    }
}
