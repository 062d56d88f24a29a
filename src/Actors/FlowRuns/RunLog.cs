using Runner.Messages.Runs;
using Serilog;
using Serilog.Events;

namespace Runner.Actors.FlowRuns;

/// <summary>Logs about runs: at Information that one has started and that it has ended, at Debug every state between.</summary>
internal static class RunLog
{
    /// <summary>
    /// What became durable of a run has taken it from one state to the other. States' messages are left out: they may repeat what somebody wrote.
    /// </summary>
    public static void Changed(ILogger log, FlowRunState before, FlowRunState after)
    {
        for (var i = before.History.Count; i < after.History.Count; i++)
        {
            var step = after.History[i];
            var starts = step.State.Name == StateNames.Running;
            var level = starts || step.State.IsTerminal ? LogEventLevel.Information : LogEventLevel.Debug;
            if (log.IsEnabled(level))
            {
                Write(log.ForContext(new RunLogContext(after.Id, step.Attempt, after.Scheduled!.Deployment)), level, after, step);
            }
        }
    }

    private static void Write(ILogger log, LogEventLevel level, FlowRunState run, RunStateChange step)
    {
        if (step.State.Name == StateNames.Running)
        {
            log.Write(level, "Run started as process {Pid}", run.Handle?.Pid);
        }
        else if (!step.State.IsTerminal)
        {
            log.Write(level, "Run is {State}", step.State.Name);
        }
        else if (run.Outcome?.Signal is { } signal)
        {
            log.Write(level, "Run ended as {State} by signal {Signal}", step.State.Name, signal);
        }
        else if (step.ExitCode is { } code)
        {
            log.Write(level, "Run ended as {State} with exit code {ExitCode}", step.State.Name, code);
        }
        else
        {
            log.Write(level, "Run ended as {State}", step.State.Name);
        }
    }
}
