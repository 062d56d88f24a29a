using Runner.Entities;
using System.Globalization;
using Runner.Engine.Actors;
using Runner.Engine.Entities;
using Runner.Entities.Store;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Runner.Engine.Tests.Entities;

public sealed class AlarmClockTests
{
    private readonly EntityWorld _world = new();

    private DateTimeOffset Now => _world.World.Simulation.Now;

    [Theory]
    [InlineData(1)]
    [InlineData(90)]
    [InlineData(60 * 60)]
    [InlineData(26 * 60 * 60)]
    public async Task An_entity_is_woken_at_its_time_in_memory_or_not(int seconds)
    {
        var at = Now.AddSeconds(seconds);
        _ = _world.Ask(new WakeMeAt(at));

        _world.Pass(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(10));
        Assert.Equal(0, await _world.Durable());
        _world.Pass(TimeSpan.FromMilliseconds(20));
        Assert.Equal(1000, await _world.Durable());
    }

    [Fact]
    public async Task After_a_step_of_the_wall_clock_it_is_woken_within_seconds()
    {
        _ = _world.Ask(new WakeMeAt(Now.AddHours(5)));
        _world.Pass(TimeSpan.FromMinutes(1));

        _world.World.Simulation.StepWallClock(TimeSpan.FromHours(6));
        _world.Pass(TimeSpan.FromSeconds(6));

        Assert.Equal(1000, await _world.Durable());
    }

    [Fact]
    public async Task After_a_step_back_it_rings_when_the_time_has_come_again()
    {
        _ = _world.Ask(new WakeMeAt(Now.AddSeconds(30)));
        _world.Pass(TimeSpan.FromSeconds(10));
        _world.World.Simulation.StepWallClock(TimeSpan.FromHours(-1));
        _world.Pass(TimeSpan.FromMinutes(59));
        Assert.Equal(0, await _world.Durable());

        _world.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(1000, await _world.Durable());
    }

    [Theory]
    [InlineData(6)]
    [InlineData(-6)]
    public async Task A_step_of_the_wall_clock_is_said_once_and_by_how_much(int hours)
    {
        var said = new List<string>();
        using var log = new LoggerConfiguration().WriteTo.Sink(new Lines(said)).CreateLogger();
        var clock = _world.World.Simulation.Runtime.Clock;
        var alarms = _world.World.System.ActorOf(Props.Create(() => new AlarmClock(_world.Store, clock, _ => { }, log)));
        _world.Pass(TimeSpan.FromMinutes(10));
        Assert.Empty(said);

        _world.World.Simulation.StepWallClock(TimeSpan.FromHours(hours));
        _world.Pass(TimeSpan.FromMinutes(10));

        Assert.Contains($"{(hours > 0 ? "forward" : "back")} by 06:00:00", Assert.Single(said), StringComparison.Ordinal);
        var status = alarms.Ask<AlarmStatus>(GetAlarmStatus.Instance, TimeSpan.FromSeconds(1), _world.World.System, default);
        _world.Settle();
        Assert.Equal(TimeSpan.FromHours(hours), (await status).LastStep!.By);
    }

    [Fact]
    public async Task What_came_due_while_the_store_was_away_rings_when_it_is_back()
    {
        _ = _world.Ask(new WakeMeAt(Now.AddMinutes(5)));
        _world.Pass(TimeSpan.FromMinutes(1));
        _world.Store.Away = true;
        _world.Pass(TimeSpan.FromMinutes(10));

        _world.Store.Away = false;
        _world.Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(1000, await _world.Durable());
    }

    [Fact]
    public async Task One_that_is_changed_rings_at_its_new_time_only()
    {
        _ = _world.Ask(new WakeMeAt(Now.AddSeconds(30)));
        _world.Pass(TimeSpan.FromSeconds(1));
        _ = _world.Ask(new WakeMeAt(Now.AddSeconds(60)));
        _world.Pass(TimeSpan.FromSeconds(40));
        Assert.Equal(0, await _world.Durable());

        _world.Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(1000, await _world.Durable());
    }

    [Fact]
    public void A_ring_that_its_entity_only_confirms_rings_again_a_minute_later_and_not_at_once()
    {
        var (rings, tell) = Clock();
        tell(new AlarmChanged(EntityWorld.Key, Now.AddSeconds(-1)));
        _world.Settle();
        Assert.Equal(1, rings());

        _world.Pass(TimeSpan.FromMinutes(10));
        Assert.InRange(rings(), 10, 12);
    }

    [Fact]
    public async Task What_is_to_be_in_memory_from_start_up_on_is_brought_there_at_the_start_whatever_the_clock_says()
    {
        await _world.Store.Memory.CommitAsync(new(
        [
            new(EntityWorld.Key, 0, []) { WakeUp = new(EntityWakeUps.FromStartUp) },
        ]));
        _world.World.Simulation.StepWallClock(TimeSpan.FromDays(-30));
        var (rings, tell) = Clock();
        _world.Settle();
        Assert.Equal(1, rings());

        // One that says so itself is in memory already.
        tell(new AlarmChanged(new("Counter", "other"), EntityWakeUps.FromStartUp));
        _world.Settle();
        Assert.Equal(1, rings());
    }

    /// <summary>An alarm clock whose entities answer every ring with their wake-up as it is.</summary>
    private (Func<int> Rings, Action<AlarmChanged> Tell) Clock()
    {
        var rings = 0;
        var said = new Dictionary<EntityKey, AlarmChanged>();
        IActorRef? alarms = null;
        var clock = _world.World.Simulation.Runtime.Clock;
        alarms = _world.World.System.ActorOf(Props.Create(() => new AlarmClock(_world.Store, clock, Wake, Actors.World.Log)));
        return (() => rings, changed =>
        {
            said[changed.Entity] = changed;
            alarms.Tell(changed);
        });

        void Wake(EntityKey entity)
        {
            rings++;
            if (said.TryGetValue(entity, out var changed))
            {
                alarms!.Tell(changed);
            }
        }
    }

    private sealed class Lines(List<string> said) : ILogEventSink
    {
        public void Emit(LogEvent logEvent) => said.Add(logEvent.RenderMessage(CultureInfo.InvariantCulture));
    }
}
