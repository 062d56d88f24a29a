using Runner.Engine.Actors;

namespace Runner.Engine.Tests.Actors;

public sealed class BackoffSupervisorTests
{
    private static readonly BackoffOptions Options = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), 0, TimeSpan.FromSeconds(60));

    private readonly World _world = new();
    private readonly List<double> _starts = [];

    [Fact]
    public void Pauses_double_up_to_the_longest_and_begin_anew_after_a_good_while()
    {
        var supervisor = Supervise(BackoffMode.OnFailure);
        for (int i = 0; i < 5; i++)
        {
            supervisor.Tell(new InvalidOperationException("boom"));
            _world.Simulation.RunFor(TimeSpan.FromSeconds(5.5));
        }

        Assert.Equal([0, 1, 7.5, 15, 21.5, 27], _starts);
        _world.Simulation.RunFor(TimeSpan.FromSeconds(60));
        Assert.Equal(0, _world.Ask<BackoffSupervisor.RestartCount>(supervisor, new BackoffSupervisor.GetRestartCount()).Count);
        supervisor.Tell(new InvalidOperationException("boom"));
        double failedAt = (_world.Simulation.Now - World.Start).TotalSeconds;
        _world.Simulation.RunFor(TimeSpan.FromSeconds(2));
        Assert.Equal(failedAt + 1, _starts[^1], 3);
    }

    [Fact]
    public void On_stop_a_child_that_stops_is_started_again()
    {
        var supervisor = Supervise(BackoffMode.OnStop);
        supervisor.Tell("stop");
        _world.Simulation.RunFor(TimeSpan.FromSeconds(0.5));
        Assert.Null(_world.Ask<BackoffSupervisor.CurrentChild>(supervisor, new BackoffSupervisor.GetCurrentChild()).Ref);
        _world.Simulation.RunFor(TimeSpan.FromSeconds(1));
        Assert.Equal([0, 1], _starts);
    }

    [Fact]
    public void On_failure_a_child_that_stops_by_itself_ends_the_supervisor()
    {
        var supervisor = Supervise(BackoffMode.OnFailure);
        _world.Probe.Watch(supervisor);
        supervisor.Tell("stop");
        _world.Probe.ExpectTerminated(supervisor);
    }

    [Fact]
    public void A_child_that_cannot_start_is_tried_again_after_its_pause()
    {
        int attempts = 0;
        var props = Props.Create(() => ++attempts < 4 ? throw new InvalidOperationException("not yet") : new ScriptedActor());
        _world.System.ActorOf(BackoffSupervisor.Props(props, "child", Options with { RandomFactor = 0.5 }, BackoffMode.OnFailure));
        _world.Simulation.RunFor(TimeSpan.FromSeconds(6.9));
        Assert.InRange(attempts, 3, 3 + 1);
        _world.Simulation.RunFor(TimeSpan.FromSeconds(60));
        Assert.Equal(4, attempts);
    }

    [Fact]
    public void Messages_reach_the_child_with_their_sender_and_dead_letters_during_a_pause()
    {
        var dead = new List<object>();
        using var subscription = _world.System.EventStream.Subscribe<DeadLetter>(letter => dead.Add(letter.Message));
        var supervisor = Supervise(BackoffMode.OnFailure);
        Assert.Equal("hello", _world.Ask<string>(supervisor, "hello"));
        supervisor.Tell(new InvalidOperationException("boom"));
        _world.Simulation.RunFor(TimeSpan.FromSeconds(0.5));
        supervisor.Tell("lost");
        _world.Simulation.RunFor(TimeSpan.FromSeconds(1));
        Assert.Equal(["lost"], dead);
    }

    [Theory]
    [InlineData(0, 5, 0)]
    [InlineData(5, 1, 0)]
    [InlineData(1, 5, -0.1)]
    public void Options_out_of_range_are_refused(int min, int max, double factor) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BackoffSupervisor.Props(
            Props.Create(() => new ScriptedActor()),
            "child",
            new BackoffOptions(TimeSpan.FromSeconds(min), TimeSpan.FromSeconds(max), factor),
            BackoffMode.OnStop));

    [Fact]
    public void The_random_part_lengthens_a_pause_by_its_factor_at_most()
    {
        var options = Options with { RandomFactor = 0.2 };
        Assert.Equal(TimeSpan.FromSeconds(1), options.Delay(0, 0));
        Assert.Equal(TimeSpan.FromSeconds(2.2), options.Delay(1, 0.5));
        Assert.Equal(TimeSpan.FromSeconds(5), options.Delay(int.MaxValue, 0));
    }

    private IActorRef Supervise(BackoffMode mode)
    {
        var child = Props.Create(() => new ScriptedActor
        {
            OnStart = _ => _starts.Add((_world.Simulation.Now - World.Start).TotalSeconds),
            OnMessage = (self, m) =>
            {
                if (m is "stop")
                {
                    self.Context.Stop(self.Self);
                }
                else
                {
                    self.Sender.Tell(m, self.Self);
                }
            },
        });
        return _world.System.ActorOf(BackoffSupervisor.Props(child, "child", Options, mode));
    }
}
