using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Runner.Host.Http.OpenApi;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>The node itself.</summary>
internal sealed class NodeApi(NodeSlot slot)
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/node", ShowAsync).Describe(
        () => new("getNode", Tags.Node, "What the node is.") { AsksNothing = true, Answers = [new(200, "The node.", MessagesJson.Default.NodeInfo)] });

    private Task ShowAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        // The node is asked for first: while it starts there is nothing to show.
        _ = slot.Node;
        return context.SendJsonAsync(slot.Info!, MessagesJson.Default.NodeInfo, StatusCodes.Status200OK);
    }
}
