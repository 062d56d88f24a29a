using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Runner.Host.Http.OpenApi;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>Retention by hand: a part of the ended runs at a time, so that no request takes long.</summary>
internal sealed class PruneApi(NodeSlot slot)
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/prune", PruneAsync).Describe(
        () => new("pruneRuns", Tags.Runs, "Deletes ended runs with their history and output, a part of them at a time.")
        {
            Description = "Until `next` is null, send it again with `after`. Without a rule in the body, what retention would delete by itself.",
            Parameters =
            [
                Parameter.Query("dryRun", ValueSchema.Flag, "Only counts."),
                Parameter.Query("after", ValueSchema.Text(500), "The `next` of the part before."),
            ],
            Body = new(StrictJson.Options.GetTypeInfo(typeof(PruneBody)), Required: false),
            Answers = [new(200, "What was deleted, or would be.", MessagesJson.Default.PruneReport)],
            Refuses = ["prune-invalid", .. Refusals.OfWork],
        });

    private async Task PruneAsync(HttpContext context)
    {
        var query = new QueryReader(context, "dryRun", "after");
        var (dryRun, after) = (query.Flag("dryRun"), query.Text("after"));
        var node = slot.ForWork();
        var body = await BodyReader.ReadAsync(context, new PruneBody());
        await context.SendAsync(
            await node.AskAsync(new PruneRuns(body.KeepFor, body.KeepRuns, body.Deployment, dryRun, after), context.RequestAborted),
            MessagesJson.Default.PruneReport);
    }
}
