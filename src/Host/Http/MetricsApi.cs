using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Runner.Host.Telemetry;

namespace Runner.Host.Http;

/// <summary>What the node measures, for Prometheus. Needs the node's token, as the API does.</summary>
internal sealed class MetricsApi(MetricCollector metrics)
{
    public const string Path = "/metrics";

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, ShowAsync);

    private async Task ShowAsync(HttpContext context)
    {
        var text = metrics.Read();
        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = text.Length;
        await context.Response.Body.WriteAsync(text, context.RequestAborted);
    }
}
