using System.Globalization;
using Runner.Messages.Deployments;

namespace Runner.Bench;

/// <summary>
/// 100 deployments with an interval of a second each, their anchors 10 ms apart: 100 runs a second, evenly. Each program writes the time at which
/// it runs; lateness is that minus the time it was due.
/// </summary>
internal static class Lateness
{
    private const int Deployments = 100;
    private static readonly TimeSpan Warm = Scale.OfSeconds(5, 2);
    private static readonly TimeSpan Length = Scale.OfSeconds(30, 3);

    public static async Task MeasureAsync(Report report)
    {
        await using var node = await BenchNode.StartAsync().ConfigureAwait(false);
        var started = new Samples();
        var emitted = new Samples();
        var due = new Dictionary<Guid, DateTimeOffset>();
        var counting = false;
        var gate = new Lock();
        using var subscription = node.Node.Subscribe(change =>
        {
            var now = Stopclock.Now;
            lock (gate)
            {
                if (change.Change.State.Name == "Scheduled")
                {
                    return;
                }

                if (counting && change.Change.State.Name == "Running" && DueOf(change.Run, now) is { } at)
                {
                    started.Add(change.Change.State.At - at);
                    emitted.Add(now - at);
                }
            }
        });
        await node.DeployAsync([.. Enumerable.Range(0, Deployments).Select(i => node.Spec($"bench/every-second-{i:00}", "/bin/true") with
        {
            Schedules = [new ScheduleSpec { Interval = TimeSpan.FromSeconds(1), Anchor = DateTimeOffset.UnixEpoch.AddMilliseconds(10 * i) }],
            CatchUp = CatchUpPolicy.All,
        })]).ConfigureAwait(false);
        await Pause.For(Warm).ConfigureAwait(false);
        lock (gate)
        {
            counting = true;
        }

        await Pause.For(Length).ConfigureAwait(false);
        lock (gate)
        {
            counting = false;
        }

        report.Add(
            $"lateness at {Deployments} scheduled runs a second: due to process alive", started.ToString(),
            string.Create(CultureInfo.InvariantCulture, $"bar: p99 under 15 ms; until that is durable too: p99 {emitted.Percentile(99):0.00} ms"));
    }

    /// <summary>The first 48 bits of an occurrence's run id are its due time in Unix milliseconds.</summary>
    private static DateTimeOffset? DueOf(Guid run, DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[16];
        run.TryWriteBytes(bytes, bigEndian: true, out _);
        long milliseconds = 0;
        foreach (var b in bytes[..6])
        {
            milliseconds = milliseconds << 8 | b;
        }

        var at = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        return (now - at).Duration() < TimeSpan.FromHours(1) ? at : null;
    }
}
