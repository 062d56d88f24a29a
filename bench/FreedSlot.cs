using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Bench;

/// <summary>A limit of one and a queue of runs: from one run's durable end to the next one's process being alive.</summary>
internal static class FreedSlot
{
    private static int Runs => Scale.Of(500, 30);

    public static async Task MeasureAsync(Report report)
    {
        await using var node = await BenchNode.StartAsync().ConfigureAwait(false);
        await node.DeployAsync(node.Spec("bench/one", "/bin/true") with { Concurrency = new ConcurrencySpec(1) }).ConfigureAwait(false);
        var samples = new Samples();
        var gate = new Lock();
        DateTimeOffset? freed = null;
        var left = Runs;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = node.Node.Subscribe(change =>
        {
            lock (gate)
            {
                if (change.Change.State.IsTerminal)
                {
                    freed = change.Change.State.At;
                    if (--left == 0)
                    {
                        done.SetResult();
                    }
                }
                else if (change.Change.State.Type == StateType.Running && freed is { } at)
                {
                    samples.Add(change.Change.State.At - at);
                    freed = null;
                }
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Runs).Select(_ => node.SubmitAsync("bench/one"))).ConfigureAwait(false);
        await done.Task.ConfigureAwait(false);
        report.Add("a freed slot used again: end of one run to the next one's process", samples.ToString(), "bar: p99 under 10 ms");
    }
}
