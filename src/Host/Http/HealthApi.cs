using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Runner.Host.Http.OpenApi;
using Runner.Messages.Nodes;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>Health, without a token: whether the program is alive, and whether the node does its work and what keeps it from it.</summary>
internal sealed class HealthApi(NodeSlot slot)
{
    private const string Ready = "ready";
    private const string NotReady = "not-ready";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", LiveAsync).Describe(() => new("getLiveness", Tags.Node, "Whether the program answers.")
        {
            Answers = [new(200, "It does.", MessagesJson.Default.HealthReport)],
        });
        routes.MapGet("/health/ready", ReadyAsync).Describe(() => new("getReadiness", Tags.Node, "Whether the node does its work, and what keeps it from it.")
        {
            Answers =
            [
                new(200, "It does its work.", MessagesJson.Default.HealthReport),
                new(503, "It does not; the checks say why.", MessagesJson.Default.HealthReport),
            ],
        });
    }

    private static Task LiveAsync(HttpContext context) =>
        SendAsync(context, new HealthReport(Ready, [new HealthCheck("process", true, "The node program answers.")]));

    private async Task ReadyAsync(HttpContext context) => await SendAsync(context, await ReportAsync(context.RequestAborted));

    private async Task<HealthReport> ReportAsync(CancellationToken cancel)
    {
        if (slot.Info is null)
        {
            return new HealthReport(NotReady, [new HealthCheck("node", false, "The node is starting.")]);
        }

        var report = await slot.Node.HealthAsync(cancel);
        return slot.IsStopping
            ? new HealthReport(NotReady, [new HealthCheck("node", false, "The node is being stopped and takes no new work."), .. report.Checks])
            : report;
    }

    private static Task SendAsync(HttpContext context, HealthReport report) => context.SendJsonAsync(
        report, MessagesJson.Default.HealthReport, report.Status == Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
