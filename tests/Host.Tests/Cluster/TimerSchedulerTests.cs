using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Runner.Host.Cluster;

namespace Runner.Host.Tests.Cluster;

public sealed class TimerSchedulerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Later = TimeSpan.FromMilliseconds(50);

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
        using var before = new Cancelable(Advanced);
        before.Cancel();
        var early = ran;
        Advanced.ScheduleOnce(Soon, () => early.Enqueue("cancelled before"), before);

        await InTime(Later, () =>
        {
            var mine = ran = new();
            var after = new Cancelable(Advanced);
            Advanced.ScheduleOnce(Later, () => mine.Enqueue("cancelled after"), after);
            after.Cancel();
        });

        await PassesAsync(Advanced);
        Assert.Empty(early.Concat(ran));
    }

    [Fact]
    public async Task A_repeated_timer_fires_until_it_is_cancelled()
    {
        var count = 0;
        var third = Signal<bool>();
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
        // One more may have begun meanwhile.
        await PassesAsync(Advanced);
        var last = Volatile.Read(ref count);
        await PassesAsync(Advanced);
        Assert.Equal(last, count);
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
        var ran = new ConcurrentQueue<string>();
        await InTime(Later, () =>
        {
            var mine = ran = new();
            var scheduler = new TimerScheduler(Config.Empty, NoLogger.Instance);
            ((IScheduler)scheduler).Advanced.ScheduleOnce(Later, () => mine.Enqueue("before"));
            scheduler.Dispose();
            ((IScheduler)scheduler).Advanced.ScheduleOnce(Soon, () => mine.Enqueue("after"));
        });

        await PassesAsync(Advanced);
        Assert.Empty(ran);
    }

    /// <summary>Does something until it has taken less than that: on a busy machine what it was to prevent may have come before.</summary>
    private static async Task InTime(TimeSpan time, Action action)
    {
        for (long began = Stopwatch.GetTimestamp() - Stopwatch.Frequency; Stopwatch.GetElapsedTime(began) >= time;)
        {
            await Task.Yield();
            began = Stopwatch.GetTimestamp();
            action();
        }
    }

    /// <summary>Waits until what was due by now and in a while has come.</summary>
    private static async Task PassesAsync(IAdvancedScheduler scheduler)
    {
        var last = Signal<bool>();
        scheduler.ScheduleOnce(2 * Later, () => last.SetResult(true));
        await last.Task.WaitAsync(Patience);
    }

    private static TaskCompletionSource<T> Signal<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
