using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;
using Runner.Host.Http.Access;
using Runner.Host.Http.OpenApi;
using Runner.Messages;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>Runs: list, show, cancel, run anew.</summary>
internal sealed class RunsApi(NodeSlot slot)
{
    /// <summary>It stands in the run's history for good, and in every list that has the run.</summary>
    private const int LongestReason = 10_000;

    /// <summary>The run of a path.</summary>
    public static OpenApiParameter RunParameter => Parameter.Path("run", ValueSchema.Uuid, "The run's id.");

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/runs", ListAsync).Describe(() => new("listRuns", Tags.Runs, "Runs, newest first.")
        {
            Description = "All filters combine. Of `deployment` with `tag`, and of `name` or `parameter` with others, a page may be short, and has a `next` nevertheless: no more than 10,000 runs are looked through for one.",
            Parameters =
            [
                Parameter.Query("state", ValueSchema.Text(500), "The name of a state, or a type, which is all of its names; in any case."),
                Parameter.Query("deployment", ValueSchema.Text(500), "Those of this deployment, FLOW/NAME."),
                Parameter.Query("tag", ValueSchema.Text(500), "Those with this tag."),
                Parameter.Query("since", ValueSchema.Instant, "Those made at this time or later."),
                Parameter.Query("name", ValueSchema.Text(500), "Those of this name."),
                Parameter.Query("parameter", ValueSchema.Text(500), "Those with this value of a parameter, NAME=VALUE; of texts, numbers and truth values up to 200 characters, of a run's first 20 parameters by name."),
                PageParameters.Limit(50),
                PageParameters.After,
            ],
            Answers = [new(200, "A page of runs.", MessagesJson.Default.RunPage)],
        });
        routes.MapGet("/api/v1/runs/{run}", ShowAsync).WithMetadata(OpenToPrograms.Mark).Describe(() => new("getRun", Tags.Runs, "A run with its history.")
        {
            Parameters = [RunParameter],
            Answers = [new(200, "The run.", MessagesJson.Default.RunView)],
            Refuses = ["run-not-found"],
        });
        routes.MapPost("/api/v1/runs/{run}/cancel", CancelAsync).WithMetadata(OpenToPrograms.Mark).Describe(
            () => new("cancelRun", Tags.Runs, "Cancels a run; answered once that is durable, which is before its program is gone.")
            {
                Description = "Taken while the node stops, too.",
                Parameters = [RunParameter],
                Body = new(StrictJson.Options.GetTypeInfo(typeof(CancelBody)), Required: false),
                Answers = [new(202, "It is being cancelled, or was already.", MessagesJson.Default.RunCancelAccepted)],
                Refuses = ["run-not-found", "run-already-ended", "store-full"],
            });
        routes.MapPost("/api/v1/runs/{run}/retry", RetryAsync).WithMetadata(MakesWork.Mark).Describe(() => new("retryRun", Tags.Runs, "Runs an ended run's recipe and parameters anew, as a new run.")
        {
            Parameters = [RunParameter],
            Body = new(StrictJson.Options.GetTypeInfo(typeof(RetryBody)), Required: false),
            Answers =
            [
                new(201, "The new run.", MessagesJson.Default.RunSubmitted),
                new(200, "The idempotency key had been used: the run of the first time.", MessagesJson.Default.RunSubmitted),
            ],
            Refuses = ["run-not-found", "run-not-ended", "submission-invalid", .. Refusals.OfNewWork],
        });
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
        var query = new QueryReader(context, "state", "deployment", "tag", "since", "name", "parameter", "limit", "after");
        var list = new ListRuns(
            query.Text("state"), query.Text("deployment"), query.Text("tag"), query.Instant("since"),
            (int)(query.Number("limit", 1, PageParameters.Most) ?? 50), query.Text("after", 2_000), query.Text("name"), query.Text("parameter"));
        await context.SendAsync(await slot.Node.AskAsync(list, context.RequestAborted), MessagesJson.Default.RunPage);
    }

    private async Task ShowAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        await context.SendAsync(await slot.Node.AskAsync(new GetRun(RunOf(context)), context.RequestAborted), MessagesJson.Default.RunView);
    }

    private async Task CancelAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var body = await BodyReader.ReadAsync(context, new CancelBody());
        if (body.Reason?.Length > LongestReason)
        {
            throw new RequestRefusedException(
                StatusCodes.Status400BadRequest, "body-invalid", $"The reason is {body.Reason.Length} characters long; at most {LongestReason} are possible.",
                [new Problem("reason", $"it is {body.Reason.Length} characters long; at most {LongestReason} are possible")]);
        }

        // Taken while the node stops, too: it makes less work, not more.
        var reply = await slot.Node.AskAsync(new CancelRun(RunOf(context), body.Reason), context.RequestAborted);
        await context.SendAsync(reply, MessagesJson.Default.RunCancelAccepted, static _ => StatusCodes.Status202Accepted);
    }

    private async Task RetryAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var node = slot.ForWork();
        var body = await BodyReader.ReadAsync(context, new RetryBody());
        var reply = await node.AskAsync(new RetryRun(RunOf(context), body.IdempotencyKey), context.RequestAborted);
        await context.SendAsync(reply, MessagesJson.Default.RunSubmitted, CreatedOrKnown);
    }
}
