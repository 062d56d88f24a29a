using Serilog;

namespace Runner.Actors.FlowRunners;

/// <summary>Log lines about an attempt.</summary>
internal static class AttemptLog
{
    /// <summary>The log, for lines about an attempt.</summary>
    public static ILogger About(this ILogger log, ProcessSpec spec) =>
        log.ForContext(new RunLogContext(spec.Key.RunId, spec.Key.Attempt, spec.Deployment));
}
