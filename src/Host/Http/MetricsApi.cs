using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OpenTelemetry.Metrics;
using Runner.Host.Http.OpenApi;

namespace Runner.Host.Http;

/// <summary>What the node measures, for Prometheus. Needs the node's token, as the API does.</summary>
internal sealed class MetricsApi(MeterProvider metrics)
{
    public const string Path = "/metrics";

    // The exporter maps its path for every method.
    public void Map(IEndpointRouteBuilder routes) => routes.MapPrometheusScrapingEndpoint(Path, metrics, Before, optionsName: null).WithMetadata(new HttpMethodMetadata([HttpMethods.Get])).Describe(
        () => new("getMetrics", Tags.Node, "What the node measures, for Prometheus.")
        {
            AsksNothing = true,
            Answers = [new(200, "Every metric.") { Contents = [new("text/plain", "Prometheus' text exposition format 0.0.4.")] }],
        });

    private static void Before(IApplicationBuilder exporter) => exporter.Use(next => context =>
    {
        _ = new QueryReader(context);
        // One format for everybody, as documented: in another that Prometheus prefers the bounds of buckets are spelt otherwise and counters have a series more.
        context.Request.Headers.Accept = default;
        return next(context);
    });
}
