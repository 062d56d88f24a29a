using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Runner.Host.Cluster;

namespace Runner.Host.Tests.Cluster;

public sealed class TimerSchedulerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);

    private readonly TimerScheduler _scheduler = new(Config.Empty, NoLogger.Instance);

    private IAdvancedScheduler Advanced => ((IScheduler)_scheduler).Advanced;

    public void Dispose() => _scheduler.Dispose();

    [Fact]
    public async Task No_timer_fires_early()
    {
        var early = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            var delay = TimeSpan.FromMilliseconds(i * 0.73);
            var began = Stopwatch.GetTimestamp();
            var ran = Signal<TimeSpan>();
            Advanced.ScheduleOnce(delay, () => ran.SetResult(Stopwatch.GetElapsedTime(began)));
            return await ran.Task.WaitAsync(Patience) < delay;
        }));
        Assert.DoesNotContain(true, early);
    }

    [Fact]
    public async Task A_cancelled_timer_does_not_fire()
    {
        var ran = new ConcurrentQueue<string>();
        var last = Signal<bool>();
        using var before = new Cancelable(Advanced);
        using var after = new Cancelable(Advanced);
        before.Cancel();

        Advanced.ScheduleOnce(Soon, () => ran.Enqueue("cancelled before"), before);
        Advanced.ScheduleOnce(50 * Soon, () => ran.Enqueue("cancelled after"), after);
        after.Cancel();
        Advanced.ScheduleOnce(100 * Soon, () => last.SetResult(true));

        await last.Task.WaitAsync(Patience);
        Assert.Empty(ran);
    }

    [Fact]
    public async Task A_repeated_timer_fires_until_it_is_cancelled()
    {
        var count = 0;
        var (third, more) = (Signal<bool>(), Signal<bool>());
        using var cancelable = new Cancelable(Advanced);
        Advanced.ScheduleRepeatedly(Soon, Soon, () =>
        {
            if (Interlocked.Increment(ref count) == 3)
            {
                cancelable.Cancel();
                third.SetResult(true);
            }
        }, cancelable);

        await third.Task.WaitAsync(Patience);
        Advanced.ScheduleOnce(50 * Soon, () => more.SetResult(true));
        await more.Task.WaitAsync(Patience);
        Assert.Equal(3, count);
    }

    [Fact]
    public async Task A_failure_harms_nothing_else()
    {
        var next = Signal<bool>();
        Advanced.ScheduleOnce(Soon, () => throw new InvalidOperationException("planted"));
        Advanced.ScheduleOnce(20 * Soon, () => next.SetResult(true));
        Assert.True(await next.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task After_its_end_nothing_comes()
    {
        var ran = false;
        Advanced.ScheduleOnce(20 * Soon, () => ran = true);
        _scheduler.Dispose();
        Advanced.ScheduleOnce(Soon, () => ran = true);

        using var other = new TimerScheduler(Config.Empty, NoLogger.Instance);
        var last = Signal<bool>();
        ((IScheduler)other).Advanced.ScheduleOnce(100 * Soon, () => last.SetResult(true));
        await last.Task.WaitAsync(Patience);
        Assert.False(ran);
    }

    private static TaskCompletionSource<T> Signal<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
