using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;
using Runner.Host.Http.OpenApi;
using Runner.Messages.Limits;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>Limits: list, set, delete.</summary>
internal sealed class LimitsApi(NodeSlot slot)
{
    private static OpenApiParameter NameParameter => Parameter.Path("name", ValueSchema.Name, "The limit.");

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/limits", ListAsync).Describe(() => new("listLimits", Tags.Limits, "The limits that are set or in use, by name.")
        {
            Parameters = [PageParameters.Limit(200), PageParameters.After],
            Answers = [new(200, "A page of limits.", MessagesJson.Default.LimitPage)],
        });
        routes.MapPut("/api/v1/limits/{name}", SetAsync).Describe(() => new("setLimit", Tags.Limits, "Creates a limit or changes its size.")
        {
            Description = "Lowering it ends nothing; raising it lets waiting runs start.",
            Parameters = [NameParameter],
            Body = new(StrictJson.Options.GetTypeInfo(typeof(LimitBody)), Required: true),
            Answers = [new(200, "The limit is so.", MessagesJson.Default.LimitChanged)],
            Refuses = ["limit-invalid", .. Refusals.OfWork],
        });
        routes.MapDelete("/api/v1/limits/{name}", DeleteAsync).Describe(
            () => new("deleteLimit", Tags.Limits, "Deletes a limit: it bounds the runs that count against it until the last of them has ended.")
            {
                Parameters = [NameParameter],
                Answers = [new(200, "There is no such limit any more.", MessagesJson.Default.LimitChanged)],
                Refuses = ["limit-not-found", .. Refusals.OfWork],
            });
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = new QueryReader(context, "limit", "after");
        var list = new ListLimits((int)(query.Number("limit", 1, PageParameters.Most) ?? 200), query.Text("after", 2_000));
        await context.SendAsync(await slot.Node.AskAsync(list, context.RequestAborted), MessagesJson.Default.LimitPage);
    }

    private async Task SetAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var node = slot.ForWork();
        var body = await BodyReader.ReadAsync<LimitBody>(context);
        await context.SendAsync(await node.AskAsync(new SetLimit(Name(context), body.Size), context.RequestAborted), MessagesJson.Default.LimitChanged);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        await context.SendAsync(await slot.ForWork().AskAsync(new DeleteLimit(Name(context)), context.RequestAborted), MessagesJson.Default.LimitChanged);
    }

    private static string Name(HttpContext context) => context.GetRouteValue("name") as string ?? "";
}
