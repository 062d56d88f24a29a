using System.Collections.Immutable;
using Runner.Actors;
using Runner.Client;
using Runner.Host.Http;
using Runner.Messages;
using Runner.Messages.Runs;

namespace Runner.Host.Logs;

/// <summary>Where a followed log goes. Called by one follower, one call at a time.</summary>
internal interface ILogSink
{
    /// <summary>Takes a line; must not keep it.</summary>
    void Line(in OutputLine line);

    /// <summary>Takes a line as another node has written it.</summary>
    /// <param name="position">Where to go on after it.</param>
    void Forward(LogPosition position, ReadOnlySpan<byte> json);

    /// <summary>After some lines, and now and then without any: sends what was taken and waits while the reader is slow.</summary>
    ValueTask FlushAsync(CancellationToken cancel);
}

/// <summary>
/// Follows a run's output through its attempts: whole lines from a position, none twice and none missed, until the run has ended and all
/// is sent. Knows from the node how far the run is, and of new output from the pulse while a program runs.
/// </summary>
internal sealed class LogTail(
    OutputFiles files, IRunnerNode node, RunSignals signals, OutputPulse pulse, TimeProvider time, bool together = false, bool timed = false,
    OtherOutput? elsewhere = null)
{
    /// <summary>A look now and then makes up for a signal that was lost.</summary>
    private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(5);

    /// <summary>How soon a node that has output and does not answer is asked again.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    /// <summary>Tries without a word of that node before whoever follows is told.</summary>
    private const int SaidAfter = 3;

    /// <param name="streams">One or both.</param>
    /// <param name="onlyThisAttempt">Ends with the position's attempt.</param>
    /// <param name="known">How far the run was a moment ago.</param>
    public async Task FollowAsync(
        Guid run, LogPosition from, ImmutableArray<LogStream> streams, bool onlyThisAttempt, RunProgress known, ILogSink sink,
        CancellationToken cancel)
    {
        using var watch = signals.Watch(run);
        // Looked at again now that changes ring: one in between would be missed.
        var progress = await ProgressAsync(run, cancel) ?? known;
        for (var position = from; ; position = LogPositions.StartOf(position.Attempt + 1))
        {
            progress = await FollowAttemptAsync(watch, position, streams, progress, sink, cancel);
            if (onlyThisAttempt || (progress.RunOver && position.Attempt >= progress.Attempt))
            {
                return;
            }
        }
    }

    /// <summary>Sends an attempt's output to its end.</summary>
    private async Task<RunProgress> FollowAttemptAsync(
        RunWatch watch, LogPosition from, ImmutableArray<LogStream> streams, RunProgress progress, ILogSink sink, CancellationToken cancel)
    {
        using var tail = new AttemptTail(files, watch.Run, from, streams, timed);
        // Not begun yet, it may begin anywhere.
        while (elsewhere is not null && from.Attempt > progress.Attempt && !progress.HasEnded(from.Attempt))
        {
            await sink.FlushAsync(cancel);
            await watch.WaitAsync(LookAnyway, time, cancel);
            progress = await ProgressAsync(watch.Run, cancel) ?? progress;
        }

        if (elsewhere is not null && node.Elsewhere(progress.NodeOf(from.Attempt)) is not null)
        {
            return await FollowElsewhereAsync(watch, from, streams, progress, sink, cancel);
        }

        using var membership = progress.HasEnded(from.Attempt) ? null : pulse.Join(watch, from.Attempt);
        while (true)
        {
            // Known before the files are read: what an ended attempt has written is all there.
            var ended = progress.HasEnded(from.Attempt);
            while (tail.ReadTurn(ended, sink.Line, together))
            {
                await SendAsync(tail, sink, cancel);
            }

            if (ended)
            {
                return progress;
            }

            await SendAsync(tail, sink, cancel);
            if (await watch.WaitAsync(LookAnyway, time, cancel) is not false)
            {
                progress = await ProgressAsync(watch.Run, cancel) ?? progress;
            }
        }
    }

    /// <summary>
    /// Sends an attempt's output to its end, from the node that has it. If that one is gone for good, says so in the place of the rest.
    /// </summary>
    private async Task<RunProgress> FollowElsewhereAsync(
        RunWatch watch, LogPosition from, ImmutableArray<LogStream> streams, RunProgress progress, ILogSink sink, CancellationToken cancel)
    {
        var failed = 0;
        for (var position = from; ;)
        {
            // Known before the node is asked: it sends all there is of an attempt that has ended.
            var ended = progress.HasEnded(from.Attempt);
            var other = node.Elsewhere(progress.NodeOf(from.Attempt));
            if (other is null)
            {
                // It is this node by another name, or between two lives; what it has is here.
                return progress;
            }

            var read = await elsewhere!.FollowAsync(other, watch.Run, position, streams, together, timed, sink, cancel);
            failed = read.Position == position ? failed + 1 : 0;
            position = read.Position;
            if (read.IsComplete)
            {
                return await ProgressAsync(watch.Run, cancel) ?? progress;
            }

            if (ended)
            {
                foreach (var stream in streams)
                {
                    sink.Line(new OutputLine(stream, position, []) { Problem = read.Problem });
                }

                await sink.FlushAsync(cancel);
                return progress;
            }

            if (failed == SaidAfter)
            {
                sink.Line(new OutputLine(streams[0], position, []) { Problem = $"{read.Problem} What it has is sent when it is back." });
            }

            await sink.FlushAsync(cancel);
            await watch.WaitAsync(AskAgain, time, cancel);
            progress = await ProgressAsync(watch.Run, cancel) ?? progress;
        }
    }

    /// <summary>A reader that is slow is waited for without holding what it has not been sent: that is read again.</summary>
    private static async ValueTask SendAsync(AttemptTail tail, ILogSink sink, CancellationToken cancel)
    {
        var sent = sink.FlushAsync(cancel);
        if (!sent.IsCompleted)
        {
            tail.Rest();
        }

        await sent;
    }

    /// <summary>Null if the node cannot say now; it is asked again.</summary>
    private async Task<RunProgress?> ProgressAsync(Guid run, CancellationToken cancel)
    {
        var reply = await node.AskAsync(new GetRun(run), cancel);
        return reply.Refusal is RunNotFound ? new RunProgress(0, true, true)
            : reply.Value is { } view ? RunProgress.Of(view) : null;
    }
}
