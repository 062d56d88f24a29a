using System.Collections.Immutable;
using System.Diagnostics;
using Runner.Actors.FlowRuns;
using Runner.Messages.Runs;

namespace Runner.Actors.Telemetry;

/// <summary>One span of a run's trace, as its history has it.</summary>
/// <param name="Name">One of the constants of <see cref="RunTrace"/>.</param>
/// <param name="Attempt">The attempt it is about; 0 for the run itself.</param>
/// <param name="Step">How the span ended; null if nothing but time did.</param>
/// <param name="AliveAt">When an attempt's process was seen alive.</param>
internal sealed record RunSpan(
    string Name, DateTimeOffset Start, DateTimeOffset End, int Attempt, RunStateChange? Step = null, DateTimeOffset? AliveAt = null);

/// <summary>
/// The trace of a run that has ended: computed from its history alone. Its id is the run's id, so it is known without being looked up and is
/// the same whichever life of the node ends the run.
/// <code>
///   run             due ───────────────────────────────────────────────► end
///     wait          due ──► slots
///     attempt              slots ──(alive)──► exit
///     retry-delay                             exit ──► due again
///     wait                                             due ──► slots
///     attempt                                                  slots ──► exit
/// </code>
/// </summary>
internal static class RunTrace
{
    public const string Run = "run";
    public const string Wait = "wait";
    public const string Attempt = "attempt";
    public const string RetryDelay = "retry-delay";

    /// <summary>The 16 bytes of the run's id, in the order in which it is written.</summary>
    public static ActivityTraceId IdOf(Guid run) => ActivityTraceId.CreateFromString(run.ToString("N"));

    /// <summary>The spans of a run that has ended; the run itself first.</summary>
    // In one piece: one pass over the history, in which a step ends what an earlier one began.
    public static ImmutableArray<RunSpan> Spans(FlowRunState run)
    {
        var spans = ImmutableArray.CreateBuilder<RunSpan>();
        var last = run.History[^1];
        var due = run.StartAt;
        // Cancelled before it was due: then it has lasted from its making.
        spans.Add(new RunSpan(Run, due <= last.State.At ? due : run.Created, last.State.At, 0, last));
        RunStateChange? submitting = null;
        DateTimeOffset? alive = null;
        for (var i = 0; i < run.History.Count; i++)
        {
            var step = run.History[i];
            switch (step.State.Name)
            {
                case StateNames.Submitting:
                    spans.Add(new RunSpan(Wait, Earlier(ReadyAt(run, i), step.State.At), step.State.At, step.Attempt));
                    (submitting, alive) = (step, null);
                    break;
                case StateNames.Running or StateNames.Retrying:
                    alive = step.State.At;
                    break;
                case StateNames.AwaitingRetry when submitting is not null:
                    spans.Add(new RunSpan(Attempt, submitting.State.At, step.State.At, step.Attempt, step, alive));
                    spans.Add(new RunSpan(RetryDelay, step.State.At, Earlier(RetryAt(run, step), last.State.At), step.Attempt));
                    submitting = null;
                    break;
                default:
                    break;
            }
        }

        if (submitting is not null)
        {
            spans.Add(new RunSpan(Attempt, submitting.State.At, last.State.At, submitting.Attempt, last, alive));
        }
        else if (ReadyAt(run, run.History.Count) is var ready && ready < last.State.At)
        {
            // It ended while it was waiting.
            spans.Add(new RunSpan(Wait, ready, last.State.At, last.Attempt + 1));
        }

        return spans.DrainToImmutable();
    }

    /// <summary>When the attempt that begins at a step of the history might have begun: when it was due, but not before the run was made.</summary>
    public static DateTimeOffset ReadyAt(FlowRunState run, int index)
    {
        for (var i = index - 1; i >= 0; i--)
        {
            if (run.History[i].State.Name == StateNames.AwaitingRetry)
            {
                return RetryAt(run, run.History[i]);
            }
        }

        var due = run.StartAt;
        return due > run.Created ? due : run.Created;
    }

    /// <summary>When the delay that an attempt's failure began was over: as it was decided then, since deciding again decides the same.</summary>
    private static DateTimeOffset RetryAt(FlowRunState run, RunStateChange failed) =>
        failed.State.At + (RetryPolicy.DelayBefore(run.Recipe.Retries, run.Id, failed.Attempt) ?? TimeSpan.Zero);

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
