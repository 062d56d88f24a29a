using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Runner.Messages.Limits;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>Limits: list, set, delete.</summary>
internal sealed class LimitsApi(NodeSlot slot)
{
    private const int MaxPage = 1_000;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/limits", ListAsync);
        routes.MapPut("/api/v1/limits/{name}", SetAsync);
        routes.MapDelete("/api/v1/limits/{name}", DeleteAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = new QueryReader(context, "limit", "after");
        var list = new ListLimits((int)(query.Number("limit", 1, MaxPage) ?? 200), query.Text("after", 2_000));
        await context.SendAsync(await slot.Node.LimitsAsync(list, context.RequestAborted), MessagesJson.Default.LimitPage);
    }

    private async Task SetAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var node = slot.ForWork();
        var body = await BodyReader.ReadAsync<LimitBody>(context);
        await context.SendAsync(await node.SetLimitAsync(new SetLimit(Name(context), body.Size), context.RequestAborted), MessagesJson.Default.LimitChanged);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        await context.SendAsync(await slot.ForWork().DeleteLimitAsync(new DeleteLimit(Name(context)), context.RequestAborted), MessagesJson.Default.LimitChanged);
    }

    private static string Name(HttpContext context) => context.GetRouteValue("name") as string ?? "";
}
