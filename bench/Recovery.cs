using System.Diagnostics;
using Runner.Actors;
using Runner.Actors.Nodes;
using Runner.Entities.Store;
using Runner.Messages.Runs;

namespace Runner.Bench;

/// <summary>
/// An entity of three events that is asked for something while it is not in memory, one entity at a time: through its shard region, with its history
/// read, to the answer. Beside it the same of one that is in memory, and the reading of the history alone.
/// </summary>
internal static class Recovery
{
    private const int EventsOfOne = 3;
    private const int InCommit = 500;

    private static int Warm => Scale.Of(2_000, 100);

    private static int Counted => Scale.Of(5_000, 200);

    public static async Task MeasureAsync(Report report)
    {
        foreach (var kind in Enum.GetValues<StoreKind>())
        {
            var store = await BenchStore.OpenAsync(kind, []).ConfigureAwait(false);
            await using var own = store.ConfigureAwait(false);
            await FillAsync(store.Store).ConfigureAwait(false);
            await MeasureAsync(report, kind, store.Store).ConfigureAwait(false);
        }

        await RunsAsync(report).ConfigureAwait(false);
    }

    private static async Task MeasureAsync(Report report, StoreKind kind, IEntityStore store)
    {
        var tallies = await TallySystem.StartAsync(store).ConfigureAwait(false);
        await using var own = tallies.ConfigureAwait(false);
        var load = await EachAsync(i => store.LoadAsync(TallySystem.Key(i))).ConfigureAwait(false);
        var recovered = await EachAsync(i => AskAsync(tallies, i)).ConfigureAwait(false);
        // Few enough to be in memory still.
        var resident = await EachAsync(i => AskAsync(tallies, Warm + Counted - 1 - (i % 100))).ConfigureAwait(false);
        report.Add(
            $"an entity of {EventsOfOne} events brought to memory and asked, one at a time, {BenchStore.Text(kind)}", recovered.ToString(),
            $"{(kind == StoreKind.Sqlite ? "bar: p50 under 1 ms; " : "")}its history read from the store alone: {load}; "
            + $"asked while in memory: {resident}");
    }

    private static async Task AskAsync(TallySystem tallies, int number)
    {
        var answer = await tallies.AskAsync(TallySystem.Key(number), GetTally.Instance).ConfigureAwait(false);
        if (answer.Value != EventsOfOne)
        {
            throw new InvalidOperationException($"{TallySystem.Key(number)} has come back with {answer.Value} events.");
        }
    }

    /// <summary>A run that has ended, of a real node: what a page of it costs.</summary>
    private static async Task RunsAsync(Report report)
    {
        var store = await BenchStore.OpenAsync(StoreKind.Sqlite, Tables.All).ConfigureAwait(false);
        await using var ownStore = store.ConfigureAwait(false);
        await ManyRuns.FillAsync(store.Store, new ManyRunsOptions(Warm + Counted, 100, Stopclock.Now)).ConfigureAwait(false);
        var runs = new List<Guid>();
        for (RowPosition? after = null; runs.Count < Warm + Counted;)
        {
            var page = await store.Store.RowsAsync(new RowQuery(Tables.Runs.Name, [], [new("created")], 1_000, after)).ConfigureAwait(false);
            runs.AddRange(page.Select(row => Guid.Parse(row.Key)));
            after = new RowPosition([page[^1].Values[6]], page[^1].Key);
        }

        var node = await BenchNode.ComposeAsync(
            store.Store, new InstantPrograms((_, _) => { }), new NodeSettings("bench", 10, _ => []), Stopclock.Provider).ConfigureAwait(false);
        var samples = await EachAsync(i => node.AskAsync(new GetRun(runs[i]), default)).ConfigureAwait(false);
        await node.StopAsync(StopMode.Immediate).ConfigureAwait(false);
        report.Add(
            $"an ended run of two or four events brought to memory and shown, one at a time, {BenchStore.Text(StoreKind.Sqlite)}",
            samples.ToString());
    }

    private static async Task<Samples> EachAsync(Func<int, Task> ask)
    {
        var samples = new Samples();
        for (var i = 0; i < Warm + Counted; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await ask(i).ConfigureAwait(false);
            if (i >= Warm)
            {
                samples.Add(Stopwatch.GetElapsedTime(started));
            }
        }

        return samples;
    }

    private static async Task FillAsync(IEntityStore store)
    {
        var (name, version, payload) = new TallyCodec().Write(Tallied.Instance);
        foreach (var chunk in Enumerable.Range(0, Warm + Counted).Chunk(InCommit))
        {
            await store.CommitAsync(new EntityCommit([.. chunk.Select(i => new EntityWrite(
                TallySystem.Key(i), 0, [.. Enumerable.Range(1, EventsOfOne)
                    .Select(n => new StoredEvent(n, name, version, DateTimeOffset.UnixEpoch, payload))]))])).ConfigureAwait(false);
        }
    }
}
