using System.Diagnostics;
using Runner.Client;
using Runner.Messages.Runs;

namespace Runner.Bench;

/// <summary>
/// Submits runs when their times come. Time is from the moment a run should have been submitted: a node that is slow to answer, or a bench
/// that comes late, makes figures worse and not fewer.
/// </summary>
internal sealed class SoakLoad(string deployment, int rate, TimeSpan length, int followEvery)
{
    private readonly Lock _gate = new();
    private long _submitted;
    private int _refused;
    private int _notCompleted;

    public long Submitted => _submitted;

    public int Refused => _refused;

    public int NotCompleted => _notCompleted;

    public int Followed { get; private set; }

    public TimeSpan Took { get; private set; }

    /// <summary>From when a run should have been submitted to its end, of those that were followed.</summary>
    public Samples Ends { get; } = new();

    public async Task RunAsync(RunnerClient client)
    {
        var watch = Stopwatch.StartNew();
        var wall = Stopclock.Now;
        var total = (long)(rate * length.TotalSeconds);
        var open = new HashSet<Task>();
        for (long i = 0; i < total; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / rate);
            if (due - watch.Elapsed is { Ticks: > 0 } early)
            {
                await Pause.For(early).ConfigureAwait(false);
            }

            open.Add(SubmitAsync(client, wall + due, i % followEvery == 0));
            if (open.Count > 1_000)
            {
                open.RemoveWhere(t => t.IsCompletedSuccessfully);
            }
        }

        await Task.WhenAll(open).ConfigureAwait(false);
        Took = watch.Elapsed;
    }

    private async Task SubmitAsync(RunnerClient client, DateTimeOffset due, bool follow)
    {
        try
        {
            var submitted = await client.SubmitAsync(new SubmitRun(deployment)).ConfigureAwait(false);
            Interlocked.Increment(ref _submitted);
            if (follow)
            {
                await FollowAsync(client, submitted.Id, due).ConfigureAwait(false);
            }
        }
        catch (RunnerClientException)
        {
            Interlocked.Increment(ref _refused);
        }
    }

    private async Task FollowAsync(RunnerClient client, Guid run, DateTimeOffset due)
    {
        RunStateChange? last = null;
        await foreach (var change in client.WatchRunAsync(run).ConfigureAwait(false))
        {
            last = change;
        }

        lock (_gate)
        {
            Followed++;
            if (last is { State.Type: StateType.Completed })
            {
                Ends.Add(last.State.At - due);
            }
            else
            {
                _notCompleted++;
            }
        }
    }
}
