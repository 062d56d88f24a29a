using System.Diagnostics;
using Runner.Actors.FlowRuns;
using Runner.Messages.Runs;

namespace Runner.Actors.Telemetry;

/// <summary>
/// Emits the trace of a run once its last state is durable, all of it at once. A node that dies between that commit and this call loses the
/// trace; no life of the node emits it twice. Costs nothing while nobody listens.
/// </summary>
internal sealed class RunTracer(ActivitySource source, string node)
{
    public void Emit(FlowRunState run)
    {
        if (!source.HasListeners())
        {
            return;
        }

        // An activity takes the current one for its parent, and the root of a trace has none.
        var outer = Activity.Current;
        Activity.Current = null;
        try
        {
            var spans = RunTrace.Spans(run);
            var parent = new ActivityContext(RunTrace.IdOf(run.Id), default, ActivityTraceFlags.Recorded);
            if (Begin(spans[0], parent) is { } root)
            {
                Describe(root, run);
                foreach (var span in spans.AsSpan()[1..])
                {
                    if (Begin(span, root.Context) is { } child)
                    {
                        Describe(child, span);
                        Complete(child, span);
                    }
                }

                Complete(root, spans[0]);
            }
        }
        finally
        {
            Activity.Current = outer;
        }
    }

    private Activity? Begin(RunSpan span, ActivityContext parent) =>
        source.StartActivity(span.Name, ActivityKind.Internal, parent, tags: null, links: null, span.Start);

    private static void Complete(Activity activity, RunSpan span)
    {
        activity.SetEndTime(span.End.UtcDateTime);
        activity.Stop();
    }

    private void Describe(Activity activity, FlowRunState run)
    {
        activity.SetTag("runner.run.id", run.Id.ToString("D"));
        activity.SetTag("runner.deployment", run.Scheduled!.Deployment);
        activity.SetTag("runner.schedule", run.Scheduled.Schedule);
        activity.SetTag("runner.retry_of", run.Scheduled.RetryOf?.ToString("D"));
        activity.SetTag("runner.attempts", run.Attempt);
        activity.SetTag("runner.node", run.Node ?? node);
        End(activity, run.History[^1]);
    }

    private static void Describe(Activity activity, RunSpan span)
    {
        activity.SetTag("runner.attempt", span.Attempt);
        if (span.Step is { } step)
        {
            End(activity, step);
        }

        if (span.AliveAt is { } alive)
        {
            activity.AddEvent(new ActivityEvent("process.alive", alive));
        }
    }

    /// <summary>Without the state's message: it may repeat what somebody wrote.</summary>
    private static void End(Activity activity, RunStateChange step)
    {
        activity.SetTag("runner.state", step.State.Name);
        if (step.ExitCode is { } code)
        {
            activity.SetTag("process.exit.code", code);
        }

        if (step.State.Type.IsFailure() || step.State.Type == StateType.Scheduled)
        {
            activity.SetStatus(ActivityStatusCode.Error, step.State.Name);
        }
    }
}
