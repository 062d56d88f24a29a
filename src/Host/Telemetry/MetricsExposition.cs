using OpenTelemetry.Metrics;
using Runner.Entities;

namespace Runner.Host.Telemetry;

/// <summary>What of all that is measured in this program is one node's, and how <c>/metrics</c> shows it.</summary>
internal static class MetricsExposition
{
    /// <summary>
    /// The most sets of labels an instrument has; further ones are counted as one. None should come near. Room for all of them is taken at once.
    /// </summary>
    public const int MostSeries = 100;

    /// <summary>The same of requests, whose labels are every route with every answer.</summary>
    private const int MostOfRequests = 1_000;

    private const string OfRuns = "Runner.Actors";
    private const string OfDotNet = "System.Runtime";

    /// <summary>The meters of the node's scope, and what .NET says of this process.</summary>
    /// <param name="scope">The node's (<see cref="Actors.Telemetry.NodeTelemetry.Scope"/>): another node in this program has meters of the same
    /// names.</param>
    public static MeterProviderBuilder AddMetersOf(this MeterProviderBuilder metrics, object scope) => metrics
        .AddMeter(EntityTelemetry.MeterName, OfRuns, HostTelemetry.MeterName, OfDotNet)
        .AddView(i => i.Meter.Name == OfDotNet || ReferenceEquals(i.Meter.Scope, scope)
            ? new MetricStreamConfiguration { CardinalityLimit = i.Name == HostTelemetry.RequestDuration ? MostOfRequests : MostSeries }
            : MetricStreamConfiguration.Drop);

    /// <summary>Every scrape is measured anew, and series have no labels beside those of docs/telemetry.md.</summary>
    public static MeterProviderBuilder AddExposition(this MeterProviderBuilder metrics) => metrics.AddPrometheusExporter(options =>
    {
        options.ScrapeResponseCacheDurationMilliseconds = 0;
        options.ScopeInfoEnabled = false;
        options.TargetInfoEnabled = false;
    });
}
