using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>Retention by hand: a part of the ended runs at a time, so that no request takes long.</summary>
internal sealed class PruneApi(NodeSlot slot)
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/prune", PruneAsync);

    private async Task PruneAsync(HttpContext context)
    {
        var query = new QueryReader(context, "dryRun", "after");
        var (dryRun, after) = (query.Flag("dryRun"), query.Text("after"));
        var node = slot.ForWork();
        var body = await BodyReader.ReadAsync(context, new PruneBody());
        await context.SendAsync(
            await node.PruneAsync(new PruneRuns(body.KeepFor, body.KeepRuns, body.Deployment, dryRun, after), context.RequestAborted),
            MessagesJson.Default.PruneReport);
    }
}
