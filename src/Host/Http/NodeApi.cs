using Runner.Messages;
using Runner.Messages.Http;
using Runner.Messages.Nodes;

namespace Runner.Host.Http;

/// <summary>The node itself, and mending what cannot be read.</summary>
internal sealed class NodeApi(NodeSlot slot)
{
    private const int LongestReason = 1_000;

    public void Map(ApiRoutes routes)
    {
        routes.Map(Api.GetNode, http =>
        {
            // The node is asked for first: while it starts there is nothing to show.
            _ = slot.Node;
            return http.Context.SendJsonAsync(slot.Info!, Api.GetNode.Answer, StatusCodes.Status200OK);
        });
        routes.Ask(Api.ListNodes, _ => new ListNodes());
        routes.Ask(Api.DrainNode, http => new DrainNode(http.Part("node")));
        routes.Ask(Api.SkipEvent, (_, body) => new SkipEvent(body.Entity, body.Number, Checked(body.Reason)));
    }

    private static string? Checked(string? reason) => reason is { Length: > LongestReason }
        ? throw BodyReader.Refused([new Problem("reason", $"it has {reason.Length} characters; expected at most {LongestReason}.")])
        : reason;
}
