using Runner.Messages;
using Runner.Messages.Http;
using Runner.Messages.Runs;

namespace Runner.Host.Http;

/// <summary>Runs: list, show, cancel, run anew, and delete those that have ended.</summary>
internal static class RunsApi
{
    /// <summary>It stands in the run's history for good, and in every list that has the run.</summary>
    private const int LongestReason = 10_000;

    public static void Map(ApiRoutes routes)
    {
        routes.Ask(Api.ListRuns, http => new ListRuns(
            http.Get(Queries.State), http.Get(Queries.Deployment), http.Get(Queries.Tag), http.Get(Queries.Since), (int)http.Get(Pages.OfRuns)!,
            http.Get(Pages.After), http.Get(Queries.Name), http.Get(Queries.Parameter)));
        routes.Ask(Api.GetRun, http => new GetRun(http.Run));
        routes.Ask(Api.CancelRun, (http, body) => new CancelRun(http.Run, Checked(body.Reason)));
        routes.Ask(Api.RetryRun, (http, body) => new RetryRun(http.Run, body.IdempotencyKey), CreatedOrKnown);
        routes.Ask(Api.PruneRuns, (http, body) =>
            new PruneRuns(body.KeepFor, body.KeepRuns, body.Deployment, http.Get(Queries.DryPruning), http.Get(Queries.AfterPart)));
    }

    /// <summary>201 for a new run, 200 for the run of an idempotency key that had been used.</summary>
    public static int CreatedOrKnown(RunSubmitted submitted) => submitted.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK;

    private static string? Checked(string? reason) => reason?.Length > LongestReason
        ? throw new RequestRefusedException(
            StatusCodes.Status400BadRequest, "body-invalid", $"The reason is {reason.Length} characters long; at most {LongestReason} are possible.",
            [new Problem("reason", $"it is {reason.Length} characters long; at most {LongestReason} are possible")])
        : reason;
}
