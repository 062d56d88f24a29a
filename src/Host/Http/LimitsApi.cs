using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Runner.Messages.Limits;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>Limits: list, set, delete.</summary>
internal sealed class LimitsApi(NodeSlot slot)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/limits", ListAsync);
        routes.MapPut("/api/v1/limits/{name}", SetAsync);
        routes.MapDelete("/api/v1/limits/{name}", DeleteAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        await context.SendAsync(await slot.Node.LimitsAsync(context.RequestAborted), MessagesJson.Default.LimitList);
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
