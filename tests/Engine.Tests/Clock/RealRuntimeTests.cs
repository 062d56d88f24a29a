using Runner.Engine.Clock;

namespace Runner.Engine.Tests.Clock;

public sealed class RealRuntimeTests
{
    private readonly EngineRuntime _runtime = EngineRuntime.CreateReal();

    [Fact]
    public async Task A_timer_never_fires_early()
    {
        for (int i = 1; i <= 20; i++)
        {
            var delay = TimeSpan.FromMilliseconds(0.7 * i);
            var fired = new TaskCompletionSource<long>();
            long due = _runtime.Clock.Timestamp + delay.Ticks;
            _runtime.Timers.ScheduleOnce(delay, () => fired.SetResult(_runtime.Clock.Timestamp));
            Assert.True(await fired.Task.WaitAsync(TimeSpan.FromSeconds(10)) >= due);
        }
    }

    [Fact]
    public async Task A_cancelled_timer_does_not_fire()
    {
        int fired = 0;
        var timers = Enumerable.Range(0, 100)
            .Select(_ => _runtime.Timers.ScheduleOnce(TimeSpan.FromMilliseconds(100), () => Interlocked.Increment(ref fired))).ToArray();
        Array.ForEach(timers, timer => timer.Cancel());
        var later = new TaskCompletionSource();
        _runtime.Timers.ScheduleOnce(TimeSpan.FromMilliseconds(200), later.SetResult);
        await later.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(0, fired);
    }

    [Fact]
    public void Delays_beyond_what_the_machines_timers_take_are_accepted()
    {
        _runtime.Timers.ScheduleOnce(TimeSpan.FromDays(4000), () => { }).Cancel();
        _runtime.Timers.ScheduleOnce(TimeSpan.MaxValue, () => { }).Cancel();
        Assert.Throws<ArgumentOutOfRangeException>(() => _runtime.Timers.ScheduleOnce(TimeSpan.FromTicks(-1), () => { }));
    }

    [Fact]
    public void Ids_are_version_7_of_the_given_time()
    {
        var now = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        string text = _runtime.Random.NewGuid(now).ToString();
        Assert.Equal('7', text[14]);
        Assert.Equal(now.ToUnixTimeMilliseconds(), Convert.ToInt64(text[..8] + text[9..13], 16));
    }

    [Fact]
    public void The_monotonic_clock_does_not_go_back()
    {
        long last = _runtime.Clock.Timestamp;
        for (int i = 0; i < 100_000; i++)
        {
            long now = _runtime.Clock.Timestamp;
            Assert.True(now >= last);
            last = now;
        }
    }
}
