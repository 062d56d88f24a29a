using Runner.Engine.Actors;

namespace Runner.Engine.Tests.Actors;

public sealed class CoordinatedShutdownTests
{
    private static readonly ShutdownReason Reason = new("test");

    private readonly World _world = new();
    private readonly List<string> _log = [];

    private CoordinatedShutdown Shutdown => _world.System.CoordinatedShutdown;

    [Fact]
    public void Phases_run_in_order_and_the_last_one_stops_the_actors()
    {
        _world.Spawn(() => new ScriptedActor { OnStop = _ => _log.Add("actor") });
        foreach (string phase in Shutdown.Phases.Reverse().Skip(1))
        {
            Shutdown.AddTask(phase, "note", _ => Note(phase));
        }

        Run();
        Assert.Equal([.. Shutdown.Phases.SkipLast(1), "actor"], _log);
        Assert.True(_world.System.WhenTerminated.IsCompleted);
        Assert.Equal(Reason, Shutdown.Reason);
    }

    [Fact]
    public void The_next_phase_waits_for_asynchronous_tasks()
    {
        var gate = new TaskCompletionSource();
        Shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "slow", async _ =>
        {
            await gate.Task;
            _log.Add("slow");
        });
        Shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "beside", _ => Note("beside"));
        Shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "next", _ => Note("next"));
        _world.Simulation.Schedule(TimeSpan.FromSeconds(3), gate.SetResult);
        Run();
        Assert.Equal(["beside", "slow", "next"], _log);
        Assert.Equal(World.Start.AddSeconds(3), _world.Simulation.Now);
    }

    [Fact]
    public void A_phase_that_takes_too_long_is_cancelled_and_left_behind()
    {
        Shutdown.SetTimeout(CoordinatedShutdown.PhaseServiceUnbind, TimeSpan.FromSeconds(2));
        Shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "stuck", overdue =>
        {
            overdue.Register(() => _log.Add("cancelled"));
            return new TaskCompletionSource().Task;
        });
        Shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "next", _ => Note("next"));
        Run();
        Assert.Equal(["cancelled", "next"], _log);
        Assert.Equal(World.Start.AddSeconds(2), _world.Simulation.Now);
    }

    [Fact]
    public void A_failing_task_does_not_stop_the_shutdown()
    {
        Shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "bad", _ => throw new InvalidOperationException("bad"));
        Shutdown.AddTask(CoordinatedShutdown.PhaseServiceStop, "next", _ => Note("next"));
        Run();
        Assert.Equal(["next"], _log);
    }

    [Fact]
    public void It_runs_once_however_often_it_is_asked_for()
    {
        Shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "once", _ => Note("once"));
        Assert.Same(Shutdown.Run(Reason), _world.System.Terminate());
        Run();
        Assert.Equal(["once"], _log);
        Assert.Equal(Reason, Shutdown.Reason);
        Assert.Throws<InvalidOperationException>(() => Shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "late", _ => Note("late")));
    }

    [Fact]
    public void An_unknown_phase_is_refused_by_name() =>
        Assert.Contains("«lunch»", Assert.Throws<ArgumentException>(() => Shutdown.AddTask("lunch", "x", _ => Note("x"))).Message, StringComparison.Ordinal);

    private Task Note(string what)
    {
        _log.Add(what);
        return Task.CompletedTask;
    }

    private void Run() => _world.Simulation.RunUntilCompleted(Shutdown.Run(Reason), TimeSpan.FromMinutes(1));
}
