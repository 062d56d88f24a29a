using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Runner.Entities;
using Runner.Entities.Store;

namespace Runner.Bench;

/// <summary>
/// What Akka.NET's own parts take in a node's actor system: a tell, an ask, an ask that goes through a shard region, and an idle actor.
/// </summary>
internal static class Actors
{
    private const int AtOnce = 100;

    private static int Tells => Scale.Of(10_000_000, 200_000);

    private static int AsksEach => Scale.Of(10_000, 200);

    private static int IdleOnes => Scale.Of(200_000, 2_000);

    private static int Entities => Scale.Of(20_000, 1_000);

    public static async Task MeasureAsync(Report report)
    {
        var store = await BenchStore.OpenAsync(StoreKind.Sqlite, []).ConfigureAwait(false);
        await using var ownStore = store.ConfigureAwait(false);
        var tallies = await TallySystem.StartAsync(store.Store, stay: true).ConfigureAwait(false);
        await using var ownTallies = tallies.ConfigureAwait(false);
        var system = tallies.System;
        await TellsAsync(system, Tells / 10).ConfigureAwait(false);
        report.Add("tells a second, one sender, one actor", Millions(await TellsAsync(system, Tells).ConfigureAwait(false)));
        await AsksAsync(report, "asks a second of one actor each, Akka's Ask", () =>
        {
            var one = system.ActorOf(ActorProducer.Props(static () => new Echo()));
            return () => one.Ask<object>(AddOne.Instance, TimeSpan.FromSeconds(10));
        }).ConfigureAwait(false);
        await AsksAsync(report, "the same, as a node's API asks", () =>
        {
            var one = system.ActorOf(ActorProducer.Props(static () => new Echo()));
            return () => PromiseRef.AskAsync(
                system, Stopclock.Provider, inline: false, TimeSpan.FromSeconds(10), sender => one.Tell(AddOne.Instance, sender),
                CancellationToken.None);
        }).ConfigureAwait(false);
        var next = 0;
        await AsksAsync(report, "the same, of entities in memory behind their shard region", () =>
        {
            var key = TallySystem.Key(next++ % 1_000);
            return () => tallies.AskAsync(key, GetTally.Instance);
        }).ConfigureAwait(false);
        await AsksAsync(report, "the same, each answered when its event is durable", () =>
        {
            var key = TallySystem.Key(next++ % 1_000);
            return () => tallies.AskAsync(key, AddOne.Instance);
        }).ConfigureAwait(false);
        report.Add("bytes of an idle actor with its instance, unnamed", Text(Idle(system, IdleOnes)));
        report.Add(
            "bytes of an entity in memory without an event, its shard's part included", Text(await EntitiesAsync(tallies).ConfigureAwait(false)));
    }

    private static async Task<double> TellsAsync(ActorSystem system, int count)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var actor = system.ActorOf(ActorProducer.Props(() => new Counter(count, done)));
        var message = new object();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            actor.Tell(message, ActorRefs.NoSender);
        }

        await done.Task.ConfigureAwait(false);
        return count / watch.Elapsed.TotalSeconds;
    }

    /// <summary>By many at once, each one ask after the other, and by one alone.</summary>
    private static async Task AsksAsync(Report report, string what, Func<Func<Task>> asker)
    {
        await RateAsync(asker(), AsksEach).ConfigureAwait(false);
        var one = await RateAsync(asker(), AsksEach).ConfigureAwait(false);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => asker()).ToArray().Select(ask => Task.Run(() => RateAsync(ask, AsksEach))))
            .ConfigureAwait(false);
        var many = AtOnce * AsksEach / watch.Elapsed.TotalSeconds;
        report.Add(
            $"{what}, {AtOnce} at a time", Millions(many), string.Create(CultureInfo.InvariantCulture, $"one at a time: {1e6 / one:0.0} µs each"));
    }

    private static async Task<double> RateAsync(Func<Task> ask, int count)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            await ask().ConfigureAwait(false);
        }

        return count / watch.Elapsed.TotalSeconds;
    }

    private static double Idle(ActorSystem system, int count)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < count; i++)
        {
            system.ActorOf(ActorProducer.Props(static () => new Echo()));
        }

        return (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)count;
    }

    private static async Task<double> EntitiesAsync(TallySystem tallies)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Entities; i++)
        {
            await tallies.AskAsync(new EntityKey(TallyBehaviour.Name, $"idle-{i}"), GetTally.Instance).ConfigureAwait(false);
        }

        return (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Entities;
    }

    private static string Millions(double rate) => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:0.000} M");

    private static string Text(double bytes) => bytes.ToString("0", CultureInfo.InvariantCulture);

    private sealed class Counter(int until, TaskCompletionSource done) : UntypedActor
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

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }
}
