using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;
using Runner.Simulation.Runtime;

namespace Runner.Bench;

/// <summary>
/// A limit of 10 that is full and a hundred thousand runs behind it, of all priorities and due times, submitted over HTTP. Then the limit
/// becomes free, and what the journal says of every start is held against the order of service. Programs of the highest
/// priority, an eleventh of all, sleep for 100 ms: with them it is the use of a freed slot that is measured, and with the others, which sleep for
/// 10 ms, also what starting as many processes as the machine can does to it.
/// </summary>
internal static class ManyWaiting
{
    private const int Slots = 10;
    private const int InFlight = 64;
    private const string Limit = "gate";
    private const int Highest = 5;
    private static readonly ImmutableSortedDictionary<string, JsonElement> Long = Seconds("0.1");
    private static readonly ImmutableSortedDictionary<string, JsonElement> Short = Seconds("0.01");

    private static int Waiting => Scale.Of(100_000, 2_000);

    private static TimeSpan Idle => Scale.OfSeconds(30, 2);

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var data = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        NodeUse waiting, drained;
        TimeSpan submitting;
        var node = await NodeProgram.StartAsync(data).ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            await node.Client.SetLimitAsync(Limit, Slots).ConfigureAwait(false);
            await node.Client.RegisterAsync([Spec("bench/holder", data, "sleep", "100000"),
                Spec("bench/waiter", data, "sleep", "{{ parameters.seconds }}")]).ConfigureAwait(false);
            var holders = await Task.WhenAll(Enumerable.Range(0, Slots).Select(_ => node.Client.SubmitAsync(new SubmitRun("bench/holder"))))
                .ConfigureAwait(false);
            submitting = await SubmitAsync(node).ConfigureAwait(false);
            await UntilAsync(node, "scheduled", Waiting).ConfigureAwait(false);
            await Pause.For(Idle).ConfigureAwait(false);
            waiting = node.Use();
            await Task.WhenAll(holders.Select(h => node.Client.CancelAsync(h.Id))).ConfigureAwait(false);
            await DrainedAsync(node).ConfigureAwait(false);
            drained = node.Use();
        }

        report.Add(
            $"{Waiting:N0} runs waiting behind a limit of {Slots}: MB resident", Text(waiting.Resident),
            $"bar: under 300; its peak while they were submitted: {Text(waiting.Peak)}, while all of them ran: {Text(drained.Peak)}; "
            + $"submitted at {Waiting / submitting.TotalSeconds:0} a second");
        var starts = await ServiceOrderCheck.ReadAsync(NodeProgram.StoreIn(data), "bench/waiter", Limit).ConfigureAwait(false);
        report.Add(
            "the same: a freed slot used again, end of one run to the next one's process, 100 runs a second", starts.Freed(urgent: true).ToString(),
            "bar: p99 under 25 ms");
        report.Add("the same, with as many runs a second as 10 slots give", starts.Freed(urgent: false).ToString(), "the machine is full then");
        report.Add(
            "the same: starts out of the order of priority, then due time", $"{starts.OutOfOrder(Slots)} of {starts.Count:N0}",
            $"bar: 0; at most {Slots - 1} that come first may be on their way");
        Directory.Delete(data, recursive: true);
    }

    private static async Task<TimeSpan> SubmitAsync(NodeProgram node)
    {
        var random = new SimulatedRandom(1);
        var now = Stopclock.Now;
        var due = Enumerable.Range(0, Waiting)
            .Select(_ => (At: now.AddSeconds(-random.Next(3_600)), Priority: random.Next((2 * Highest) + 1) - Highest)).ToArray();
        var next = -1;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < Waiting;)
            {
                await node.Client.SubmitAsync(new SubmitRun("bench/waiter", due[i].Priority == Highest ? Long : Short, due[i].At, due[i].Priority))
                    .ConfigureAwait(false);
            }
        })).ConfigureAwait(false);
        return watch.Elapsed;
    }

    /// <summary>Waits until so many runs of the store are in a state; the last one of a listing tells that all are.</summary>
    private static async Task UntilAsync(NodeProgram node, string state, int count)
    {
        var found = 0;
        while (found < count)
        {
            await Pause.For(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
            string? after = null;
            found = 0;
            do
            {
                var page = await node.Client.RunsAsync(new ListRuns(state, Limit: 1_000, After: after)).ConfigureAwait(false);
                found += page.Items.Length;
                after = page.Next;
            }
            while (after is not null);
        }
    }

    private static async Task DrainedAsync(NodeProgram node)
    {
        while ((await node.Client.LimitsAsync(new ListLimits()).ConfigureAwait(false)).Items
            .Single(l => l.Name == Limit) is { Held: > 0 } or { MoreWaiting: true })
        {
            await Pause.For(TimeSpan.FromMilliseconds(500)).ConfigureAwait(false);
        }
    }

    private static ImmutableSortedDictionary<string, JsonElement> Seconds(string seconds) => ImmutableSortedDictionary<string, JsonElement>.Empty
        .Add("seconds", JsonDocument.Parse($"\"{seconds}\"").RootElement);

    private static DeploymentSpec Spec(string name, string workdir, params string[] command) =>
        new() { Name = name, Command = [.. command], Parameters = Short, Workdir = workdir, Limits = [Limit] };

    private static string Text(double megabytes) => megabytes.ToString("0.0", CultureInfo.InvariantCulture);
}
