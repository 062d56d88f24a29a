using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Runner.Host.Http.OpenApi;
using Runner.Messages;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>Mending what cannot be read.</summary>
internal sealed class JournalApi(NodeSlot slot)
{
    private const int LongestReason = 1_000;

    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/journal/skip", SkipAsync).Describe(
        () => new("skipEvent", Tags.Node, "Leaves out the event that keeps a run, a deployment or the limits from being read.")
        {
            Description = "A marker takes the event's place and keeps its number, its bytes and the reason; what follows from the other events is written anew. "
                + "`GET /health/ready` names the event.",
            Body = new(StrictJson.Options.GetTypeInfo(typeof(SkipBody)), Required: true),
            Answers = [new(200, "It is left out; `state` says what is there now.", MessagesJson.Default.EventSkipped)],
            Refuses = ["skip-refused", .. Refusals.OfWork],
        });

    private async Task SkipAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var node = slot.ForWork();
        var body = await BodyReader.ReadAsync<SkipBody>(context);
        if (body.Reason is { Length: > LongestReason })
        {
            throw BodyReader.Refused([new Problem("reason", $"it has {body.Reason.Length} characters; expected at most {LongestReason}.")]);
        }

        await context.SendAsync(
            await node.AskAsync(new SkipEvent(body.Entity, body.Number, body.Reason), context.RequestAborted), MessagesJson.Default.EventSkipped);
    }
}
