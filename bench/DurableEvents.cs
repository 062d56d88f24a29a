using System.Diagnostics;
using System.Globalization;
using Runner.Entities.Store;
using Runner.Persistence.Sqlite;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>
/// Events of a thousand entities through the whole of the engine, one for each command, beside what the store's group writer takes with nothing above
/// it: of the very commits that the engine has made, serialized already; and of batches of its own, 64 events of one entity in each. And beside what
/// SQLite takes by a prepared insert with nothing around that. All write many events of one entity and then of the next, which is what a B-tree
/// likes: one event of each in turn is half as fast, in SQLite too.
/// </summary>
internal static class DurableEvents
{
    private const int Entities = 1_000;
    private const int InFlightEach = 128;
    private const int Each = 64;
    private const int RawBatch = 20_000;

    private static int Rounds => Scale.Of(5, 1);

    private static int Events => Scale.Of(600_000, 60_000);

    private static int EventsEach => Events / Entities;

    public static async Task MeasureAsync(Report report)
    {
        foreach (var kind in Enum.GetValues<StoreKind>())
        {
            await MeasureAsync(report, kind).ConfigureAwait(false);
        }
    }

    private static async Task MeasureAsync(Report report, StoreKind kind)
    {
        var rounds = new List<Round>();
        for (var round = 0; round <= Rounds; round++)
        {
            var (engine, commits) = await EngineAsync(kind).ConfigureAwait(false);
            var writer = await WriterAsync(kind, commits).ConfigureAwait(false);
            var batches = await BatchesAsync(kind).ConfigureAwait(false);
            var raw = kind == StoreKind.Sqlite ? await RawAsync().ConfigureAwait(false) : default;
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  engine {engine}, group writer alone {writer}, its own batches {batches.Rate:0}, raw {raw:0}, "
                    + $"{(double)Events / commits.Count:0.0} events a commit"));
            if (round > 0)
            {
                // The first is for the compiler.
                rounds.Add(new Round(engine, writer, batches, raw, (double)Events / commits.Count));
            }
        }

        double Of(Func<Round, double> value) => Samples.Median(rounds.Select(value));
        var insert = kind == StoreKind.Sqlite
            ? $"; SQLite's prepared insert, {RawBatch:N0} a transaction: {Of(r => r.Raw):0}, ratio {Of(r => r.Engine.Rate / r.Raw):0%}"
            : "";
        report.Add(
            $"durable events a second over {Entities:N0} entities, one for each command, {InFlightEach} commands in flight on each, "
            + $"{BenchStore.Text(kind)}",
            $"{Of(r => r.Engine.Rate):0}",
            $"bar: at least 40% of the group writer alone, fed the same serialized commits: {Of(r => r.Writer.Rate):0}, "
            + $"ratio {Of(r => r.Engine.Rate / r.Writer.Rate):0%} (rounds: "
            + $"{string.Join(", ", rounds.Select(r => $"{r.Engine.Rate / r.Writer.Rate:0%}"))}), {Of(r => r.EventsInCommit):0.0} events in each; "
            + $"by the definition until now, the store's own batches, {Each} events a commit, 1,000 commits at once: {Of(r => r.Batches.Rate):0}, "
            + $"ratio {Of(r => r.Engine.Rate / r.Batches.Rate):0%}{insert}");
        report.Add(
            "the same: processor time of an event, µs, all threads of this process",
            $"{Of(r => r.Engine.Micros):0.00}",
            $"the group writer alone: {Of(r => r.Writer.Micros):0.00}; its own batches, made on the way: {Of(r => r.Batches.Micros):0.00}");
        report.Add(
            "the same: bytes allocated for an event", $"{Of(r => r.Engine.Bytes):0}",
            $"the group writer alone: {Of(r => r.Writer.Bytes):0}; its own batches: {Of(r => r.Batches.Bytes):0}");
    }

    /// <summary>Through the engine; and which commits it has made of it.</summary>
    private static async Task<(Use Use, IReadOnlyList<Commit> Commits)> EngineAsync(StoreKind kind)
    {
        var store = await BenchStore.OpenAsync(kind, []).ConfigureAwait(false);
        await using var ownStore = store.ConfigureAwait(false);
        var recorder = new RecordingStore(store.Store);
        var tallies = await TallySystem.StartAsync(recorder).ConfigureAwait(false);
        await using var ownTallies = tallies.ConfigureAwait(false);
        var use = await Use.OfAsync(() => TallyUsers.RunAsync(tallies, Entities, InFlightEach, EventsEach)).ConfigureAwait(false);
        return (use, recorder.Commits);
    }

    /// <summary>The store alone: each entity's commits one after the other, all entities at once, as the engine has written them.</summary>
    private static async Task<Use> WriterAsync(StoreKind kind, IReadOnlyList<Commit> commits)
    {
        var (name, version, payload) = new TallyCodec().Write(Tallied.Instance);
        var entities = commits.GroupBy(c => c.Entity)
            .Select(g => g.Select(c => One(c.Entity, c.After, c.Events, name, version, payload)).ToArray()).ToArray();
        var store = await BenchStore.OpenAsync(kind, []).ConfigureAwait(false);
        await using var ownStore = store.ConfigureAwait(false);
        return await Use.OfAsync(() => Task.WhenAll(entities.Select(own => Task.Run(async () =>
        {
            foreach (var commit in own)
            {
                await store.Store.CommitAsync(commit).ConfigureAwait(false);
            }
        })))).ConfigureAwait(false);
    }

    private static async Task<Use> BatchesAsync(StoreKind kind)
    {
        var (name, version, payload) = new TallyCodec().Write(Tallied.Instance);
        var store = await BenchStore.OpenAsync(kind, []).ConfigureAwait(false);
        await using var ownStore = store.ConfigureAwait(false);
        return await Use.OfAsync(() => Task.WhenAll(Enumerable.Range(0, Entities).Select(i => Task.Run(async () =>
        {
            var key = TallySystem.Key(i);
            for (var sequence = 0L; sequence < EventsEach; sequence += Each)
            {
                var count = (int)Math.Min(Each, EventsEach - sequence);
                await store.Store.CommitAsync(One(key, sequence, count, name, version, payload)).ConfigureAwait(false);
            }
        })))).ConfigureAwait(false);
    }

    private static EntityCommit One(EntityKey entity, long after, int events, string name, int version, byte[] payload) => new(
        [new EntityWrite(entity, after, [.. Enumerable.Range(1, events)
            .Select(n => new StoredEvent(after + n, name, version, DateTimeOffset.UnixEpoch, payload))])]);

    private static async Task<double> RawAsync()
    {
        var folder = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var path = Path.Combine(folder, "raw.db");
        // Made by the store, so that schema and settings are the same.
        await (await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(path), [], Logger.None).ConfigureAwait(false)).DisposeAsync()
            .ConfigureAwait(false);
        var rate = Raw(path);
        Directory.Delete(folder, recursive: true);
        return rate;
    }

    private static double Raw(string path)
    {
        var (name, version, payload) = new TallyCodec().Write(Tallied.Instance);
        using var database = new DatabaseFile(new SqliteStoreOptions(path)).OpenWriter(create: false);
        using var insert = database.Prepare("""
            INSERT INTO journal (persistence_id, sequence_number, tags, manifest, created, message, deleted, identifier, writer_uuid)
            VALUES (?, ?, ?, ?, ?, ?, 0, 12701, '0123456789abcdef')
            """);
        var ids = Enumerable.Range(0, Entities).Select(TallySystem.Key).ToArray();
        var watch = Stopwatch.StartNew();
        var written = 0;
        database.Execute("BEGIN IMMEDIATE");
        for (var first = 0; first < EventsEach; first += Each)
        {
            foreach (var id in ids)
            {
                for (var sequence = first + 1; sequence <= Math.Min(first + Each, EventsEach); sequence++)
                {
                    insert.Bind(1, id)
                        .Bind(2, sequence).BindTag(3, id.Kind).BindManifest(4, name, version).Bind(5, 0).Bind(6, payload.AsSpan()).Execute();
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

    /// <summary>One commit, as far as it is not the same for all.</summary>
    private readonly record struct Commit(EntityKey Entity, long After, int Events);

    private sealed record Round(Use Engine, Use Writer, Use Batches, double Raw, double EventsInCommit);

    /// <summary>What writing all events takes.</summary>
    /// <param name="Rate">Events a second.</param>
    /// <param name="Micros">Processor time of one.</param>
    /// <param name="Bytes">Allocated for one.</param>
    private sealed record Use(double Rate, double Micros, double Bytes)
    {
        public static async Task<Use> OfAsync(Func<Task> write)
        {
            GC.Collect();
            using var process = Process.GetCurrentProcess();
            var (bytes, processor, watch) = (GC.GetTotalAllocatedBytes(), process.TotalProcessorTime, Stopwatch.StartNew());
            await write().ConfigureAwait(false);
            var took = watch.Elapsed;
            process.Refresh();
            return new Use(
                Events / took.TotalSeconds, (process.TotalProcessorTime - processor).TotalMicroseconds / Events,
                (GC.GetTotalAllocatedBytes() - bytes) / (double)Events);
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Rate:0} ({Micros:0.00} µs, {Bytes:0} bytes)");
    }

    /// <summary>Remembers which commits were made.</summary>
    private sealed class RecordingStore(IEntityStore store) : ForwardingStore(store)
    {
        private readonly Lock _gate = new();
        private readonly List<Commit> _commits = new(Events / 8);

        public IReadOnlyList<Commit> Commits => _commits;

        public override Task<CommitResult> CommitAsync(EntityCommit commit)
        {
            var write = commit.Writes[0];
            lock (_gate)
            {
                _commits.Add(new Commit(write.Entity, write.ExpectedSequence, write.Events.Length));
            }

            return base.CommitAsync(commit);
        }
    }
}
