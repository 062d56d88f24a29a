using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Runner.Host.Http.Access;
using Runner.Messages;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>Runs: list, show, cancel, run anew.</summary>
internal sealed class RunsApi(NodeSlot slot)
{
    private const int MaxPage = 1_000;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/runs", ListAsync);
        routes.MapGet("/api/v1/runs/{run}", ShowAsync).WithMetadata(OpenToPrograms.Mark);
        routes.MapPost("/api/v1/runs/{run}/cancel", CancelAsync).WithMetadata(OpenToPrograms.Mark);
        routes.MapPost("/api/v1/runs/{run}/retry", RetryAsync).WithMetadata(MakesWork.Mark);
    }

    /// <summary>201 for a new run, 200 for the run of an idempotency key that had been used.</summary>
    public static int CreatedOrKnown(RunSubmitted submitted) => submitted.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK;

    /// <summary>The run of the route.</summary>
    /// <exception cref="RequestRefusedException">It is no run id, so there is no such run.</exception>
    public static Guid RunOf(HttpContext context)
    {
        var text = context.GetRouteValue("run") as string ?? "";
        if (Guid.TryParseExact(text, "D", out var run))
        {
            return run;
        }

        var refusal = new RunNotFound(text.Length <= 80 ? text : text[..80] + "…");
        throw new RequestRefusedException(RefusalMap.StatusOf(refusal), refusal.Code, refusal.Message);
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = new QueryReader(context, "state", "deployment", "tag", "since", "limit", "after");
        var list = new ListRuns(
            query.Text("state"), query.Text("deployment"), query.Text("tag"), query.Instant("since"),
            (int)(query.Number("limit", 1, MaxPage) ?? 50), query.Text("after", 2_000));
        await context.SendAsync(await slot.Node.RunsAsync(list, context.RequestAborted), MessagesJson.Default.RunPage);
    }

    private async Task ShowAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        await context.SendAsync(await slot.Node.RunAsync(new GetRun(RunOf(context)), context.RequestAborted), MessagesJson.Default.RunView);
    }

    private async Task CancelAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var body = await BodyReader.ReadAsync(context, new CancelBody());
        // Taken while the node stops, too: it makes less work, not more.
        var reply = await slot.Node.CancelAsync(new CancelRun(RunOf(context), body.Reason), context.RequestAborted);
        await context.SendAsync(reply, MessagesJson.Default.RunCancelAccepted, static _ => StatusCodes.Status202Accepted);
    }

    private async Task RetryAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var node = slot.ForWork();
        var body = await BodyReader.ReadAsync(context, new RetryBody());
        var reply = await node.RetryAsync(new RetryRun(RunOf(context), body.IdempotencyKey), context.RequestAborted);
        await context.SendAsync(reply, MessagesJson.Default.RunSubmitted, CreatedOrKnown);
    }
}
