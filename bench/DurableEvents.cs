using System.Diagnostics;
using System.Globalization;
using System.Text;
using Runner.Engine.Actors;
using Runner.Engine.Clock;
using Runner.Engine.Entities;
using Runner.Entities.Store;
using Runner.Persistence.Sqlite;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>
/// Events of a thousand entities through the whole of the engine, one for each command, beside what the store takes of the same events in
/// batches with nothing above it, and what SQLite takes by a prepared insert with nothing around that. All three write 64 events of one
/// entity and then of the next, which is what a B-tree likes: one event of each in turn is half as fast, in SQLite too.
/// </summary>
internal static class DurableEvents
{
    private const int Entities = 1_000;
    private const int InFlightEach = 128;
    private const int Events = 600_000;
    private const int Each = 64;
    private const int RawBatch = 20_000;
    private const int Rounds = 5;

    public static async Task MeasureAsync(Report report)
    {
        var folder = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var rounds = new List<(double Engine, double Store, double Raw)>();
        for (var round = 0; round <= Rounds; round++)
        {
            var path = Path.Combine(folder, $"{round}");
            var engine = await EngineAsync(path + "-engine.db").ConfigureAwait(false);
            var store = await StoreAsync(path + "-store.db").ConfigureAwait(false);
            var raw = await RawAsync(path + "-raw.db").ConfigureAwait(false);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  engine {engine:0}, store {store:0}, raw {raw:0}"));
            if (round > 0)
            {
                // The first is for the compiler.
                rounds.Add((engine, store, raw));
            }
        }

        Directory.Delete(folder, recursive: true);
        report.Add(
            $"durable events a second over {Entities:N0} entities, one for each command, {InFlightEach} commands in flight on each",
            $"{Median(rounds.Select(r => r.Engine)):0}",
            $"bar: at least 35% of the store's own batches, {Each} events a commit, 1,000 commits at once: {Median(rounds.Select(r => r.Store)):0}, "
            + $"ratio {Median(rounds.Select(r => r.Engine / r.Store)):0%} (rounds: {string.Join(", ", rounds.Select(r => $"{r.Engine / r.Store:0%}"))}); "
            + $"SQLite's prepared insert, {RawBatch:N0} a transaction: {Median(rounds.Select(r => r.Raw)):0}, ratio {Median(rounds.Select(r => r.Engine / r.Raw)):0%}");
    }

    private static async Task<double> EngineAsync(string path)
    {
        var store = await OpenAsync(path).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var runtime = EngineRuntime.CreateReal();
            var system = ActorSystem.Create("bench", runtime, Logger.None);
            IActorRef? region = null;
            var alarms = system.ActorOf(Props.Create(() => new AlarmClock(store, runtime.Clock, _ => { }, Logger.None)));
            var services = new EntityServices(
                store, new TallyCodec(), runtime.Clock, alarms, (entity, message, sender) => region!.Tell(new EntityMessage(entity, message), sender), Logger.None);
            region = system.ActorOf(Props.Create(() => new EntityRegion(id => new TallyActor(services, id), runtime.Clock, TimeSpan.FromMinutes(1))));
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var users = Enumerable.Range(0, Entities)
                .Select(i => system.ActorOf(Props.Create(() => new User(region, new EntityKey(TallyBehaviour.Name, $"tally-{i:0000}"), () => OnDone(done))))).ToArray();
            _usersLeft = users.Length;
            var watch = Stopwatch.StartNew();
            Array.ForEach(users, u => u.Tell(Begin.Instance));
            await done.Task.ConfigureAwait(false);
            var rate = Events / watch.Elapsed.TotalSeconds;
            await system.Terminate().ConfigureAwait(false);
            return rate;
        }
    }

    private static int _usersLeft;

    private static void OnDone(TaskCompletionSource done)
    {
        if (Interlocked.Decrement(ref _usersLeft) == 0)
        {
            done.SetResult();
        }
    }

    private static async Task<double> StoreAsync(string path)
    {
        var store = await OpenAsync(path).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var codec = new TallyCodec();
            var (name, version, payload) = codec.Write(Tallied.Instance);
            var watch = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, Entities).Select(i => Task.Run(async () =>
            {
                var key = new EntityKey(TallyBehaviour.Name, $"tally-{i:0000}");
                for (var sequence = 0L; sequence < Events / Entities; sequence += Each)
                {
                    var count = (int)Math.Min(Each, Events / Entities - sequence);
                    var write = new EntityWrite(
                        key, sequence, [.. Enumerable.Range(1, count).Select(n => new StoredEvent(sequence + n, name, version, DateTimeOffset.UnixEpoch, payload))]);
                    await store.CommitAsync(new EntityCommit([write])).ConfigureAwait(false);
                }
            }))).ConfigureAwait(false);
            return Events / watch.Elapsed.TotalSeconds;
        }
    }

    private static async Task<double> RawAsync(string path)
    {
        // Made by the store, so that schema and settings are the same.
        await (await OpenAsync(path).ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        var (name, version, payload) = new TallyCodec().Write(Tallied.Instance);
        using var database = new DatabaseFile(new SqliteStoreOptions(path)).OpenWriter(create: false);
        using var insert = database.Prepare("""
            INSERT INTO journal (persistence_id, sequence_number, tags, manifest, created, message, deleted, identifier, writer_uuid)
            VALUES (?, ?, ?, ?, ?, ?, 0, 12701, '0123456789abcdef')
            """);
        var ids = Enumerable.Range(0, Entities).Select(i => new EntityKey(TallyBehaviour.Name, $"tally-{i:0000}")).ToArray();
        var watch = Stopwatch.StartNew();
        var written = 0;
        database.Execute("BEGIN IMMEDIATE");
        for (var first = 0; first < Events / Entities; first += Each)
        {
            foreach (var id in ids)
            {
                for (var sequence = first + 1; sequence <= Math.Min(first + Each, Events / Entities); sequence++)
                {
                    insert.Bind(1, id).Bind(2, sequence).BindTag(3, id.Kind).BindManifest(4, name, version).Bind(5, 0).Bind(6, payload.AsSpan()).Execute();
                    if (++written % RawBatch == 0)
                    {
                        database.Execute("COMMIT");
                        database.Execute("BEGIN IMMEDIATE");
                    }
                }
            }
        }

        database.Execute("COMMIT");
        return Events / watch.Elapsed.TotalSeconds;
    }

    private static Task<SqliteEntityStore> OpenAsync(string path) => SqliteEntityStore.OpenAsync(new SqliteStoreOptions(path), [], Logger.None);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    /// <summary>Keeps commands of one entity in flight until its share of the events is durable.</summary>
    private sealed class User(IActorRef region, EntityKey entity, Action done) : ActorBase
    {
        private int _sent;
        private int _durable;

        protected override void OnReceive(object message)
        {
            if (message is Begin)
            {
                for (var i = 0; i < InFlightEach; i++)
                {
                    Send();
                }

                return;
            }

            if (message is not TallyAnswer)
            {
                throw new InvalidOperationException($"{entity} answered {message}.");
            }

            if (++_durable == Events / Entities)
            {
                done();
            }
            else if (_sent < Events / Entities)
            {
                Send();
            }
        }

        private void Send()
        {
            _sent++;
            region.Tell(new EntityMessage(entity, AddOne.Instance), Self);
        }
    }

    private sealed record Begin
    {
        public static readonly Begin Instance = new();
    }
}
