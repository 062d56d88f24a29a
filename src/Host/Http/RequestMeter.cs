using System.Diagnostics;
using Runner.Host.Telemetry;
using Runner.Messages.Http;

namespace Runner.Host.Http;

/// <summary>Measures requests by the template of their route. Stands around everything else, so that it sees what was really answered.</summary>
internal sealed class RequestMeter(RequestDelegate next, HostTelemetry telemetry)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var began = Stopwatch.GetTimestamp();
        await next(context);
        if (context.Response.ContentType != EventNames.MediaType)
        {
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
            telemetry.Answered(context.Request.Method, route, context.Response.StatusCode, Stopwatch.GetElapsedTime(began));
        }
    }
}
