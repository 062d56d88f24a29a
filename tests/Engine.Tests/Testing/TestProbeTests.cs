using Runner.Engine.Testing;
using Runner.Engine.Tests.Actors;

namespace Runner.Engine.Tests.Testing;

public sealed class TestProbeTests
{
    private readonly World _world = new();

    [Fact]
    public void Unmet_expectations_say_what_came_instead()
    {
        _world.Probe.Ref.Tell("text");
        Assert.Contains("text", Assert.Throws<TestProbeException>(() => _world.Probe.ExpectMsg<int>()).Message, StringComparison.Ordinal);
        Assert.Contains("nothing", Assert.Throws<TestProbeException>(() => _world.Probe.ExpectMsg<int>()).Message, StringComparison.Ordinal);
        _world.Probe.Ref.Tell(1);
        Assert.Throws<TestProbeException>(() => _world.Probe.ExpectMsg(2));
        _world.Probe.Ref.Tell(1);
        Assert.Throws<TestProbeException>(() => _world.Probe.ExpectNoMsg());
        Assert.Throws<TestProbeException>(() => _world.Probe.FishForMessage<int>(_ => true));
    }

    [Fact]
    public void Waiting_in_vain_takes_exactly_the_time_in_the_simulation()
    {
        _world.Probe.ExpectNoMsg(TimeSpan.FromSeconds(7));
        Assert.Equal(World.Start.AddSeconds(7), _world.Simulation.Now);
    }

    [Fact]
    public void Fishing_throws_away_what_does_not_fit()
    {
        for (int i = 0; i < 10; i++)
        {
            _world.Probe.Ref.Tell(i);
        }

        Assert.Equal(7, _world.Probe.FishForMessage<int>(number => number == 7));
        _world.Probe.ExpectMsg(8);
    }

    [Fact]
    public void A_reply_goes_to_the_last_sender()
    {
        var other = new TestProbe(_world.System);
        other.Send(_world.Probe.Ref, "question");
        _world.Probe.ExpectMsg("question");
        _world.Probe.Reply("answer");
        other.ExpectMsg("answer");
    }

    [Fact]
    public void On_the_real_runtime_it_waits_for_other_threads()
    {
        var system = World.Real();
        var probe = new TestProbe(system);
        Assert.Throws<TestProbeException>(() => probe.ExpectMsg<string>(TimeSpan.FromMilliseconds(5)));
        system.Runtime.Timers.ScheduleOnce(TimeSpan.FromMilliseconds(50), () => probe.Ref.Tell("late"));
        probe.ExpectMsg("late");
    }
}
