using Serilog.Core;
using Serilog.Events;

namespace Runner.Actors;

/// <summary>What every line about a run carries, and the one place that says so.</summary>
/// <param name="Attempt">0 before the first.</param>
/// <param name="Deployment">Null while it is not known: the run's history could not be read.</param>
public sealed record RunLogContext(Guid Run, int Attempt, string? Deployment) : ILogEventEnricher
{
    /// <summary>The property with the run's id.</summary>
    public const string RunProperty = "Run";

    /// <summary>The property with the number of the attempt.</summary>
    public const string AttemptProperty = "Attempt";

    /// <summary>The property with the deployment's name.</summary>
    public const string DeploymentProperty = "Deployment";

    /// <summary>The property with the id of the run's trace: the run's, without dashes.</summary>
    public const string TraceProperty = "TraceId";

    /// <inheritdoc/>
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        logEvent.AddOrUpdateProperty(new LogEventProperty(RunProperty, new ScalarValue(Run.ToString("D"))));
        logEvent.AddOrUpdateProperty(new LogEventProperty(TraceProperty, new ScalarValue(Run.ToString("N"))));
        logEvent.AddOrUpdateProperty(new LogEventProperty(AttemptProperty, new ScalarValue(Attempt)));
        if (Deployment is not null)
        {
            logEvent.AddOrUpdateProperty(new LogEventProperty(DeploymentProperty, new ScalarValue(Deployment)));
        }
    }
}
