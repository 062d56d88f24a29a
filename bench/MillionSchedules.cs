using System.Diagnostics;
using System.Globalization;
using Runner.Actors;
using Runner.Actors.Nodes;
using Runner.Entities.Store;
using Runner.Messages.Runs;
using Runner.Persistence.Sqlite;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>
/// A node with a million scheduled deployments, hourly to yearly, of which a thousand are due each second. The runs wait at a limit that is
/// full, so that no program takes part. Lateness is told by the runs' own events once the node has stopped: the second of each, that it
/// waits, is decided after the first has become durable and the run asked for its slot, and so is a bound of when that was.
/// </summary>
internal static class MillionSchedules
{
    private const int Starts = 5;
    private const string Holder = "bench/holder";
    private const int Page = 1_000;

    private static TimeSpan Warm => Scale.OfSeconds(20, 2);

    private static TimeSpan Before => Scale.OfSeconds(120, 30);

    private static TimeSpan Idle => Scale.OfSeconds(20, 5);

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var data = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var due = await FillAsync(data).ConfigureAwait(false);
        var ready = new Samples();
        for (var i = 1; i < Starts; i++)
        {
            var started = await NodeProgram.StartAsync(data).ConfigureAwait(false);
            await using (started.ConfigureAwait(false))
            {
                ready.Add(started.Ready);
            }
        }

        var (last, resting, peak, processors) = await FireAsync(data, due).ConfigureAwait(false);
        ready.Add(last);
        var (decided, durable, unheard) = await LatenessAsync(NodeProgram.StoreIn(data), due + Warm, due + ScheduledStore.DueFor)
            .ConfigureAwait(false);
        Directory.Delete(data, recursive: true);
        report.Add($"{ScheduledStore.Count:N0} scheduled deployments: process start to ready, {Starts} starts", ready.ToString(), "bar: under 10 s");
        report.Add(
            $"the same: {ScheduledStore.DueEachSecond:N0} due a second, from then to the run durable and waiting for its slot", durable.ToString(),
            string.Create(
                CultureInfo.InvariantCulture,
                $"bar: p99 under 250 ms; to the decision: {decided}; {durable.Count / (ScheduledStore.DueFor - Warm).TotalSeconds:0} runs a second "
                + $"were made, with {processors:0%} of a processor; {unheard} were made and had not asked for a slot by the end"));
        report.Add(
            "the same: MB resident", string.Create(CultureInfo.InvariantCulture, $"{peak:0.0}"),
            string.Create(CultureInfo.InvariantCulture, $"its peak, bar: under 600; {resting:0.0} before the first was due"));
    }

    /// <summary>When the first is due.</summary>
    private static async Task<DateTimeOffset> FillAsync(string data)
    {
        var store = await OpenAsync(NodeProgram.StoreIn(data)).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            return await ScheduledStore.FillAsync(store, data, Before).ConfigureAwait(false);
        }
    }

    private static async Task<(TimeSpan Ready, double Resting, double Peak, double Processors)> FireAsync(string data, DateTimeOffset due)
    {
        var node = await NodeProgram.StartAsync(data).ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            await node.Client.SetLimitAsync(ScheduledStore.Limit, 1).ConfigureAwait(false);
            await node.Client.RegisterAsync([new() { Name = Holder, Command = ["sleep", "100000"], Workdir = data, Limits = [ScheduledStore.Limit] }])
                .ConfigureAwait(false);
            await node.Client.SubmitAsync(new SubmitRun(Holder)).ConfigureAwait(false);
            await UntilAsync(due).ConfigureAwait(false);
            var resting = node.Use().Resident;
            await UntilAsync(due + Warm).ConfigureAwait(false);
            var (worked, watch) = (node.ProcessorTime(), Stopwatch.StartNew());
            await UntilAsync(due + ScheduledStore.DueFor).ConfigureAwait(false);
            var processors = (node.ProcessorTime() - worked) / watch.Elapsed;
            // What is behind comes late, and counts as that.
            await Pause.For(Idle).ConfigureAwait(false);
            return (node.Ready, resting, node.Use().Peak, processors);
        }
    }

    /// <summary>
    /// Of every run due from one time to before another: how long after that it was decided, and how long after it was durable at the latest.
    /// </summary>
    private static async Task<(Samples Decided, Samples Durable, int Unheard)> LatenessAsync(string path, DateTimeOffset from, DateTimeOffset to)
    {
        var store = await OpenAsync(path).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var (decided, durable, unheard) = (new Samples(), new Samples(), 0);
            for (RowPosition? after = null; ;)
            {
                var page = await store.RowsAsync(new RowQuery(Tables.Runs.Name, [], [new("created")], Page, after)).ConfigureAwait(false);
                var histories = await Task.WhenAll(page.Select(row => store.LoadAsync(new EntityKey(EntityKinds.FlowRun, row.Key))))
                    .ConfigureAwait(false);
                foreach (var events in histories.Select(h => h.Events))
                {
                    var due = ((RunScheduled)Codec.Read(events[0].Type, events[0].Version, events[0].Payload.Span)).Due;
                    if (from <= due && due < to)
                    {
                        decided.Add(events[0].At - due);
                        if (events.Length > 1)
                        {
                            durable.Add(events[1].At - due);
                        }
                        else
                        {
                            unheard++;
                        }
                    }
                }

                if (page.Length < Page)
                {
                    return (decided, durable, unheard);
                }

                after = new RowPosition([page[^1].Values[6]], page[^1].Key);
            }
        }
    }

    private static JournalCodec Codec { get; } = new();

    private static Task<SqliteEntityStore> OpenAsync(string path) =>
        SqliteEntityStore.OpenAsync(new SqliteStoreOptions(path), Tables.All, Logger.None);

    private static Task UntilAsync(DateTimeOffset time) => Pause.For(time - Stopclock.Now is { Ticks: > 0 } left ? left : TimeSpan.Zero);
}
