using Runner.Actors;
using Runner.Messages;
using Runner.Messages.Http;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>
/// Sends every state of a run in order, until its last. The history is the record; the signal only says when to look, and a look now and
/// then makes up for a signal that was lost.
/// </summary>
internal sealed class StateStream(IRunnerNode node, RunSignals signals, TimeProvider time)
{
    /// <summary>As many steps as one answer holds.</summary>
    private const int Page = 1_000;

    private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <param name="after">The number of the last event the reader has; 0 for none.</param>
    public async Task SendAsync(Guid run, long after, SseWriter sse, CancellationToken cancel)
    {
        // The bell hangs before the first look, so a run that ends in between rings it.
        using var watch = signals.Watch(run);
        while (true)
        {
            var reply = await node.AskAsync(new GetRunHistory(run, after), cancel);
            var steps = reply.Refusal is null ? reply.Value : [];
            foreach (var step in steps)
            {
                sse.Event(EventNames.State, step.Sequence, step, MessagesJson.Default.RunStateChange);
                after = step.Sequence;
            }

            await sse.FlushAsync(cancel);
            if ((steps.Length > 0 && steps[^1].State.IsTerminal)
                || (steps.Length == 0 && await HasEndedAsync(run, after, cancel)))
            {
                return;
            }

            if (steps.Length >= Page)
            {
                continue;
            }

            await watch.WaitAsync(reply.Refusal is null ? LookAnyway : LookAgain, time, cancel);
        }
    }

    /// <summary>Whether the reader has had the run's last state already, or the run has been deleted meanwhile.</summary>
    private async Task<bool> HasEndedAsync(Guid run, long after, CancellationToken cancel)
    {
        var reply = await node.AskAsync(new GetRun(run), cancel);
        return reply.Refusal is RunNotFound || (reply.Value is { State.IsTerminal: true } view && view.Sequence <= after);
    }
}
