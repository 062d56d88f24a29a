using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Runner.Host.Http.OpenApi;
using Runner.Host.Telemetry;

namespace Runner.Host.Http;

/// <summary>What the node measures, for Prometheus. Needs the node's token, as the API does.</summary>
internal sealed class MetricsApi(MetricCollector metrics)
{
    public const string Path = "/metrics";

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, ShowAsync).Describe(
        () => new("getMetrics", Tags.Node, "What the node measures, for Prometheus.")
        {
            AsksNothing = true,
            Answers = [new(200, "Every metric.") { Contents = [new("text/plain", "Prometheus' text exposition format 0.0.4.")] }],
        });

    private async Task ShowAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var text = metrics.Read();
        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = text.Length;
        await context.Response.Body.WriteAsync(text, context.RequestAborted);
    }
}
