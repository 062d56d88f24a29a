using System.Diagnostics;
using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>The local actor engine, beside what Akka.NET 1.5 was measured to do on a machine of two cores.</summary>
internal static class Actors
{
    public static async Task MeasureAsync(Report report)
    {
        var system = ActorSystem.Create("bench", EngineRuntime.CreateReal(), Logger.None);
        await TellsAsync(system, 1_000_000).ConfigureAwait(false);
        report.Add("tells a second, one sender, one actor", $"{await TellsAsync(system, 10_000_000).ConfigureAwait(false) / 1e6:0.0} M", "Akka.NET: 14.7 M");
        var one = await AsksAsync(system, 20_000).ConfigureAwait(false);
        var hundred = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => AsksAsync(system, 10_000)))).ConfigureAwait(false);
        report.Add(
            "asks a second, 100 at a time", $"{hundred.Sum() / 1e6:0.00} M",
            $"one at a time: {one / 1e6:0.00} M (each wakes two threads that slept: actors' threads do not spin); Akka.NET: 1.2 M");
        report.Add("bytes of an idle actor with its instance, unnamed", $"{Idle(system, 200_000):0}", "Akka.NET: 1,760");
        await system.Terminate().ConfigureAwait(false);
    }

    private static async Task<double> TellsAsync(ActorSystem system, int count)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var actor = system.ActorOf(Props.Create(() => new Counter(count, done)));
        var message = new object();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            actor.Tell(message);
        }

        await done.Task.ConfigureAwait(false);
        return count / watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> AsksAsync(ActorSystem system, int count)
    {
        var actor = system.ActorOf(Props.Create(() => new Echo()));
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            await actor.Ask<object>(actor, TimeSpan.FromSeconds(10), system).ConfigureAwait(false);
        }

        return count / watch.Elapsed.TotalSeconds;
    }

    private static double Idle(ActorSystem system, int count)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < count; i++)
        {
            system.ActorOf(Props.Create(static () => new Echo()));
        }

        return (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)count;
    }

    private sealed class Counter(int until, TaskCompletionSource done) : ActorBase
    {
        private int _seen;

        protected override void OnReceive(object message)
        {
            if (++_seen == until)
            {
                done.SetResult();
            }
        }
    }

    private sealed class Echo : ActorBase
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }
}
