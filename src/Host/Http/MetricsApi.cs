using OpenTelemetry.Metrics;
using Runner.Messages.Http;

namespace Runner.Host.Http;

/// <summary>What the node measures, for Prometheus. Needs the node's token, as the API does.</summary>
internal sealed class MetricsApi(MeterProvider metrics)
{
    // The exporter maps its path for every method.
    public void Map(IEndpointRouteBuilder routes) => routes
        .MapPrometheusScrapingEndpoint(Api.GetMetrics.Path.Template, metrics, Before, optionsName: null)
        .WithMetadata(new HttpMethodMetadata([HttpMethods.Get])).WithOperation(Api.GetMetrics);

    private static void Before(IApplicationBuilder exporter) => exporter.Use(next => context =>
    {
        // One format for everybody, as documented: in another that Prometheus prefers the bounds of buckets are spelt otherwise and counters have a
        // series more.
        context.Request.Headers.Accept = default;
        return next(context);
    });
}
