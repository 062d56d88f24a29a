using System.Collections.Frozen;
using System.Collections.Immutable;
using Runner.Messages.Http;

namespace Runner.Host.Http.OpenApi;

/// <summary>
/// Every code that problem details can have, with its status and when it is answered. Operations name those of their own; the others are answered
/// before a route is reached.
/// </summary>
internal static class Refusals
{
    public static FrozenDictionary<string, (int Status, string When)> All { get; } = new Dictionary<string, (int, string)>
    {
        ["bad-request"] = (400, "The request is no HTTP that the node understands."),
        ["query-invalid"] = (400, "A parameter of the query is unknown, given twice, or has no possible value."),
        ["body-invalid"] = (400, "The body is not the JSON that is expected; `problems` says where."),
        ["deployment-invalid"] = (400, "A deployment breaks a rule; `problems` says which. Nothing was registered."),
        ["submission-invalid"] = (400, "The submission breaks a rule; `problems` says which."),
        ["limit-invalid"] = (400, "The name or the size of the limit is not possible."),
        ["prune-invalid"] = (400, "The rule of what to keep is not possible; `problems` says why. Nothing was deleted."),
        ["unauthorized"] = (401, "There is no valid token."),
        ["foreign-host"] = (403, "The Host header is not one of the node's."),
        ["foreign-origin"] = (403, "A web page of another origin called."),
        ["not-your-run"] = (403, "A program's token is good for reading and cancelling its own run only."),
        ["deployment-not-found"] = (404, "There is no such deployment."),
        ["schedule-not-found"] = (404, "The deployment has no such schedule."),
        ["run-not-found"] = (404, "There is no such run."),
        ["limit-not-found"] = (404, "There is no such limit."),
        ["node-not-found"] = (404, "There is no such node in the cluster now."),
        ["path-not-found"] = (404, "There is nothing at this path."),
        ["method-not-allowed"] = (405, "This path does not take this method."),
        ["request-timeout"] = (408, "The request arrived too slowly."),
        ["run-already-ended"] = (409, "The run has ended; it does not change any more."),
        ["output-replaced"] = (409, "A program has put a link, a pipe or the like in the place of its output, or closed it to the node."),
        ["run-not-ended"] = (409, "The run has not ended yet."),
        ["key-used-otherwise"] = (
            409, "The idempotency key was used for a run that was asked for otherwise; `problems` says what differs. Nothing was submitted."),
        ["skip-refused"] = (
            409, "The event can be read, or another one of the entity has to be skipped first, or the entity is not known. Nothing was written."),
        ["body-too-large"] = (413, $"The body is over {Bodies.LargestText}."),
        ["internal"] = (500, "The node failed; its log says why. Whether anything changed is not known."),
        ["entity-unreadable"] = (500, "An event of the run or deployment, or of the limits, is damaged; it rests until that is mended. "
            + "`detail` names the event and what to do."),
        ["output-elsewhere"] = (503, "The output is on another node of the cluster, which cannot be asked now; `detail` says which and why."),
        ["node-starting"] = (503, "The node is starting: try again in a moment."),
        ["node-stopping"] = (503, "The node is being stopped and takes no new work."),
        ["node-busy"] = (503, "As many commands that make work are under way as the node takes; nothing was decided: send it again in a moment."),
        ["too-many-followers"] = (503, "As many streams are open as the node feeds: come back later."),
        ["store-not-available"] = (503, "The store failed; sending the request again is safe."),
        ["backup-under-way"] = (409, "Another backup of the node is being made."),
        ["backup-not-possible"] = (409, "The node's store is not one that it can copy."),
        ["store-full"] = (507, "The store has no room; nothing was written."),
        ["disk-low"] = (507, "The disk has less room than the node keeps free; nothing was written."),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What any request may meet.</summary>
    public static ImmutableArray<string> OfAll { get; } = ["bad-request", "foreign-host", "foreign-origin", "internal"];

    /// <summary>What a request may meet besides that needs a token.</summary>
    public static ImmutableArray<string> OfGuarded { get; } = ["unauthorized", "not-your-run", "query-invalid", "node-starting"];

    /// <summary>What a request may meet besides that the node answers from its store.</summary>
    public static ImmutableArray<string> OfStore { get; } = ["store-not-available", "entity-unreadable"];

    /// <summary>What a request may meet besides that has a body.</summary>
    public static ImmutableArray<string> OfBodies { get; } = ["body-invalid", "body-too-large", "request-timeout"];

    /// <summary>What a request may meet besides for what it costs the node.</summary>
    public static ImmutableArray<string> Of(Effect effect) => effect switch
    {
        Effect.None => [],
        Effect.Change => ["node-stopping", "store-full"],
        Effect.NewWork => [.. Of(Effect.Change), "node-busy", "disk-low"],
    };
}
