using System.Collections.Immutable;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Messages.Http;

/// <summary>Every operation of a node's API, once. What all have alike (tokens, refusals of malformed requests) is added where it is done.</summary>
/// <remarks>JSON contracts are made when they are needed: a command needs one of them, and should not wait for all.</remarks>
internal static class Api
{
    private const string Changed = "It is so.";
    private const string CreatedRun = "The new run.";
    private const string KnownRun = "The idempotency key had been used: the run of the first time.";

    private static readonly ApiPath Deployments = new("/api/v1/deployments");
    private static readonly ApiPath Deployment = Deployments.Then(
        "/{flow}/{name}", new("flow", "The first part of the deployment's name."), new("name", "The second part of the deployment's name."));

    private static readonly ApiPath Schedule = Deployment.Then(
        "/schedules/{schedule}", new PathPart("schedule", "The schedule's id: given in the deployment, or derived from what makes it due."));

    private static readonly ApiPath Runs = new("/api/v1/runs");
    private static readonly ApiPath Run = Runs.Then("/{run}", new PathPart("run", "The run's id.") { IsId = true });
    private static readonly ApiPath Nodes = new("/api/v1/nodes");
    private static readonly ApiPath Limits = new("/api/v1/limits");
    private static readonly ApiPath Limit = Limits.Then("/{name}", new PathPart("name", "The limit."));

    public static Operation<HealthReport> GetLiveness { get; } = new(
        HttpMethod.Get, new("/health/live"), "getLiveness", Tags.Node, "Whether the program answers.",
        () => MessagesJson.Default.HealthReport, (200, "It does."));

    public static Operation<HealthReport> GetReadiness { get; } = new(
        HttpMethod.Get, new("/health/ready"), "getReadiness", Tags.Node, "Whether the node does its work, and what keeps it from it.",
        () => MessagesJson.Default.HealthReport,
        (200, "It does its work; `degraded` if not all of it, and the checks say what is left out."), (503, "It does not; the checks say why."));

    public static Operation GetOpenApi { get; } = new(
        HttpMethod.Get, new("/openapi/v1.json"), "getOpenApi", Tags.Node, "This document.", (200, "The document."))
    {
        Contents = [new("application/json", "An OpenAPI 3.1 document.") { IsObject = true }],
    };

    public static Operation GetMetrics { get; } = new(
        HttpMethod.Get, new("/metrics"), "getMetrics", Tags.Node, "What the node measures, for Prometheus.", (200, "Every metric."))
    {
        AsksNothing = true,
        Contents = [new("text/plain", "Prometheus' text exposition format 0.0.4.")],
    };

    public static Operation<NodeInfo> GetNode { get; } = new(
        HttpMethod.Get, new("/api/v1/node"), "getNode", Tags.Node, "What the node is.", () => MessagesJson.Default.NodeInfo, (200, "The node."))
    {
        AsksNothing = true,
    };

    public static Operation<NodeList> ListNodes { get; } = new(
        HttpMethod.Get, Nodes, "listNodes", Tags.Node, "The nodes of the cluster, by name; of a node on its own, itself.",
        () => MessagesJson.Default.NodeList, (200, "The nodes."));

    public static Operation<NodeDraining> DrainNode { get; } = new(
        HttpMethod.Post, Nodes.Then("/{node}/drain", new PathPart("node", "The node's name.")), "drainNode", Tags.Node,
        "Gives a node no new programs; once those that it has have ended it leaves the cluster and ends.",
        () => MessagesJson.Default.NodeDraining, (200, "It takes no new programs."))
    {
        Description = "It cannot be taken back: the node's next start takes programs again.",
        Repeatable = true,
        Refuses = ["node-not-found"],
    };

    public static Operation BackUp { get; } = new(
        HttpMethod.Post, new("/api/v1/backup"), "backUp", Tags.Node, "Makes a backup of the node while it works.",
        (200, "The backup. What of the output is left out of it, because a program has replaced it, is said in its last entry."))
    {
        Description = "Complete only if the answer ends without the connection breaking. One at a time, and only with room for a copy of the store.",
        Query = [Queries.Output],
        Effect = Effect.Change,
        Contents = [new("application/x-tar", "A tar archive, see docs/backup.md.")],
        Refuses = ["backup-under-way", "backup-not-possible"],
    };

    public static Operation<SkipBody, EventSkipped> SkipEvent { get; } = new(
        HttpMethod.Post, new("/api/v1/journal/skip"), "skipEvent", Tags.Node,
        "Leaves out the event that keeps a run, a deployment or the limits from being read.",
        () => HttpJson.Default.SkipBody, false, () => MessagesJson.Default.EventSkipped, (200, "It is left out; `state` says what is there now."))
    {
        Description = "A marker takes the event's place and keeps its number, its bytes and the reason; "
            + "what follows from the other events is written anew. `GET /health/ready` names the event.",
        Effect = Effect.Change,
        Refuses = ["skip-refused"],
    };

    public static Operation<ImmutableArray<DeploymentSpec>, ImmutableArray<DeploymentRegistered>> RegisterDeployments { get; } = new(
        HttpMethod.Put, Deployments, "registerDeployments", Tags.Deployments, "Registers or updates deployments, all or none.",
        () => MessagesJson.Default.ImmutableArrayDeploymentSpec, false, () => MessagesJson.Default.ImmutableArrayDeploymentRegistered,
        (200, "What registering did, in the order given."))
    {
        Query = [Queries.DryRegistration],
        Effect = Effect.NewWork,
        Refuses = ["deployment-invalid"],
    };

    public static Operation<DeploymentPage> ListDeployments { get; } = new(
        HttpMethod.Get, Deployments, "listDeployments", Tags.Deployments, "Deployments by name.",
        () => MessagesJson.Default.DeploymentPage, (200, "A page of deployments."))
    {
        Query = [Queries.Tag, Pages.OfDeployments, Pages.After],
    };

    public static Operation<DeploymentView> GetDeployment { get; } = new(
        HttpMethod.Get, Deployment, "getDeployment", Tags.Deployments, "A deployment with its schedules and when they are due next.",
        () => MessagesJson.Default.DeploymentView, (200, "The deployment.")) { Refuses = ["deployment-not-found"] };

    public static Operation<DeploymentChanged> DeleteDeployment { get; } =
        Change(HttpMethod.Delete, Deployment, "deleteDeployment", "Deletes a deployment; its finished runs stay readable.") with
        {
            Query = [Queries.RunsOnDelete],
            Repeatable = false,
        };

    public static Operation<DeploymentChanged> PauseDeployment { get; } =
        Change(HttpMethod.Post, Deployment.Then("/pause"), "pauseDeployment", "Stops a deployment's schedules until it is resumed.");

    public static Operation<DeploymentChanged> ResumeDeployment { get; } =
        Change(HttpMethod.Post, Deployment.Then("/resume"), "resumeDeployment", "Lets a deployment's schedules go on from now.");

    public static Operation<DeploymentChanged> PauseSchedule { get; } = Change(
        HttpMethod.Post, Schedule.Then("/pause"), "pauseSchedule",
        "Switches one schedule of a deployment off until it is resumed, or declared with another `active`.", "schedule-not-found");

    public static Operation<DeploymentChanged> ResumeSchedule { get; } = Change(
        HttpMethod.Post, Schedule.Then("/resume"), "resumeSchedule",
        "Switches one schedule of a deployment on; it goes on from now, with its anchor where it was.", "schedule-not-found");

    public static Operation<SubmitBody, RunSubmitted> SubmitRun { get; } = new(
        HttpMethod.Post, Deployment.Then("/runs"), "submitRun", Tags.Deployments, "Submits a run of a deployment.",
        () => HttpJson.Default.SubmitBody, true, () => MessagesJson.Default.RunSubmitted, (201, CreatedRun), (200, KnownRun))
    {
        Repeatable = true,
        Effect = Effect.NewWork,
        Refuses = ["deployment-not-found", "submission-invalid", "key-used-otherwise"],
    };

    public static Operation<RunPage> ListRuns { get; } = new(
        HttpMethod.Get, Runs, "listRuns", Tags.Runs, "Runs, newest first.", () => MessagesJson.Default.RunPage, (200, "A page of runs."))
    {
        Description = "All filters combine. Of `deployment` with `tag`, and of `name` or `parameter` with others, a page may be short, "
            + "and has a `next` nevertheless: no more than 10,000 runs are looked through for one.",
        Query = [Queries.State, Queries.Deployment, Queries.Tag, Queries.Since, Queries.Name, Queries.Parameter, Pages.OfRuns, Pages.After],
    };

    public static Operation<RunView> GetRun { get; } = new(
        HttpMethod.Get, Run, "getRun", Tags.Runs, "A run with its history.", () => MessagesJson.Default.RunView, (200, "The run."))
    {
        OpenToPrograms = true,
        Refuses = ["run-not-found"],
    };

    public static Operation<CancelBody, RunCancelAccepted> CancelRun { get; } = new(
        HttpMethod.Post, Run.Then("/cancel"), "cancelRun", Tags.Runs,
        "Cancels a run; answered once that is durable, which is before its program is gone.",
        () => HttpJson.Default.CancelBody, true, () => MessagesJson.Default.RunCancelAccepted, (202, "It is being cancelled, or was already."))
    {
        // It makes less work, not more.
        Description = "Taken while the node stops, too.",
        Repeatable = true,
        OpenToPrograms = true,
        Refuses = ["run-not-found", "run-already-ended", "store-full"],
    };

    public static Operation<RetryBody, RunSubmitted> RetryRun { get; } = new(
        HttpMethod.Post, Run.Then("/retry"), "retryRun", Tags.Runs, "Runs an ended run's recipe and parameters anew, as a new run.",
        () => HttpJson.Default.RetryBody, true, () => MessagesJson.Default.RunSubmitted, (201, CreatedRun), (200, KnownRun))
    {
        Repeatable = true,
        Effect = Effect.NewWork,
        Refuses = ["run-not-found", "run-not-ended", "submission-invalid"],
    };

    public static Operation WatchRun { get; } = new(
        HttpMethod.Get, Run.Then("/events"), "watchRun", Tags.Runs, "Every state of a run as it comes, to its last.",
        (200, "The states, from the first or the place asked for."))
    {
        Query = [Queries.AfterSequence],
        LastEventId = "The sequence number of the last event that arrived; goes before `after`.",
        OpenToPrograms = true,
        Contents = [new(EventNames.MediaType, "Events `state`, then one `end`.") { Event = (EventNames.State, "The state's sequence number.") }],
        Refuses = ["run-not-found", "too-many-followers"],
    };

    public static Operation ReadLogs { get; } = new(
        HttpMethod.Get, Run.Then("/logs"), "readLogs", Tags.Runs, "What a run's program wrote: as it is, or as it comes with `follow`.",
        (200, "The output from there on."))
    {
        Query =
        [
            Queries.Stream, Queries.Attempt, Queries.From, Queries.Follow, Queries.Together, Queries.Tail, Queries.OutputSince, Queries.Timestamps,
        ],
        LastEventId = "The position of the last event that arrived; goes before `from`.",
        OpenToPrograms = true,
        Headers =
        [
            (HeaderNames.LogPosition, "Without `follow`: where the bytes sent end."),
            (HeaderNames.LogMasked, "`true` without `follow`, if the attempt has secret values: "
                + "these are `***` in what is sent, and positions count the bytes of the file."),
        ],
        Contents =
        [
            new("text/plain", "Without `follow`: the bytes as the program wrote them; secret values are `***`."),
            new(EventNames.MediaType, "With `follow`: events `log`, then one `end`.") { Event = (EventNames.Log, "The position after the piece.") },
        ],
        Refuses = ["run-not-found", "output-replaced", "output-elsewhere", "too-many-followers"],
    };

    public static Operation<PruneBody, PruneReport> PruneRuns { get; } = new(
        HttpMethod.Post, new("/api/v1/prune"), "pruneRuns", Tags.Runs, "Deletes ended runs with their history and output, a part of them at a time.",
        () => HttpJson.Default.PruneBody, true, () => MessagesJson.Default.PruneReport, (200, "What was deleted, or would be."))
    {
        Description = "Until `next` is null, send it again with `after`. Without a rule in the body, what retention would delete by itself.",
        Query = [Queries.DryPruning, Queries.AfterPart],
        Repeatable = true,
        Effect = Effect.Change,
        Refuses = ["prune-invalid"],
    };

    public static Operation<LimitPage> ListLimits { get; } = new(
        HttpMethod.Get, Limits, "listLimits", Tags.Limits, "The limits that are set or in use, by name.",
        () => MessagesJson.Default.LimitPage, (200, "A page of limits."))
    {
        Query = [Pages.OfLimits, Pages.After],
    };

    public static Operation<LimitBody, LimitChanged> SetLimit { get; } = new(
        HttpMethod.Put, Limit, "setLimit", Tags.Limits, "Creates a limit or changes its size.",
        () => HttpJson.Default.LimitBody, false, () => MessagesJson.Default.LimitChanged, (200, "The limit is so."))
    {
        Description = "Lowering it ends nothing; raising it lets waiting runs start.",
        Effect = Effect.Change,
        Refuses = ["limit-invalid"],
    };

    public static Operation<LimitChanged> DeleteLimit { get; } = new(
        HttpMethod.Delete, Limit, "deleteLimit", Tags.Limits,
        "Deletes a limit: it bounds the runs that count against it until the last of them has ended.",
        () => MessagesJson.Default.LimitChanged, (200, "There is no such limit any more."))
    {
        Effect = Effect.Change,
        Refuses = ["limit-not-found"],
    };

    private static Operation<DeploymentChanged> Change(
        HttpMethod method, ApiPath path, string id, string summary, params ImmutableArray<string> refuses) =>
        new(method, path, id, Tags.Deployments, summary, () => MessagesJson.Default.DeploymentChanged, (200, Changed))
        {
            Effect = Effect.Change,
            Repeatable = true,
            Refuses = ["deployment-not-found", .. refuses],
        };
}

/// <summary>The parameters of the operations' queries.</summary>
internal static class Queries
{
    public static WordQuery Output { get; } = new("output", "Whether the output of runs is in it.", "true", "true", "false");
    public static FlagQuery DryRegistration { get; } = new("dryRun", "Only says what would change.");
    public static WordQuery RunsOnDelete { get; } = new("runs", "What becomes of its runs that have not ended.", "keep", "keep", "cancel");
    public static TextQuery State { get; } = new("state", "The name of a state, or a type, which is all of its names; in any case.");
    public static TextQuery Deployment { get; } = new("deployment", "Those of this deployment, FLOW/NAME.");
    public static TextQuery Tag { get; } = new("tag", "Those with this tag.");
    public static InstantQuery Since { get; } = new("since", "Those made at this time or later.");
    public static TextQuery Name { get; } = new("name", "Those of this name.");
    public static TextQuery Parameter { get; } = new(
        "parameter",
        "Those with this value of a parameter, NAME=VALUE; of texts, numbers and truth values up to 200 characters, "
        + "of a run's first 20 parameters by name.");
    public static NumberQuery AfterSequence { get; } = new("after", "Only those after this sequence number.", 0, long.MaxValue);
    public static WordQuery Stream { get; } = new("stream", "Which of the two; both may be followed, by leaving it out.", null, "stdout", "stderr");
    public static NumberQuery Attempt { get; } = new("attempt", "Only this attempt's output.", 1, int.MaxValue);
    public static TextQuery From { get; } = new(
        "from", "A position ATTEMPT:STDOUT-OFFSET:STDERR-OFFSET, or an offset in bytes into the one stream.", "^([0-9]+|[1-9][0-9]*:[0-9]+:[0-9]+)$");
    public static FlagQuery Follow { get; } = new("follow", "Goes on until the run has ended.");
    public static FlagQuery Together { get; } = new("together", "With `follow`: lines that are there already come as one piece, not as one each.");
    public static NumberQuery Tail { get; } = new(
        "tail", "Begins with so many last lines of each stream, of the latest attempt if none is named.", 1, 1_000_000);
    public static InstantQuery OutputSince { get; } = new(
        "since", "Begins with the first line that came at this time or later, of the latest attempt if none is named.");
    public static FlagQuery Timestamps { get; } = new(
        "timestamps",
        "Says when each line came: before it, or with `follow` in its event; within a second, of what a program writes while it goes on writing.");
    public static FlagQuery DryPruning { get; } = new("dryRun", "Only counts.");
    public static TextQuery AfterPart { get; } = new("after", "The `next` of the part before.");
}

/// <summary>A part of a list.</summary>
internal interface IPage<T>
{
    ImmutableArray<T> Items { get; }

    /// <summary>Where the next one begins; null if this is the last.</summary>
    string? Next { get; }
}

/// <summary>How lists are paged: by so many items after a place.</summary>
internal static class Pages
{
    /// <summary>How many items a page has at most.</summary>
    public const int Most = 1_000;

    /// <summary>How many runs there are in a page if nothing is said.</summary>
    public const int Runs = 50;

    /// <summary>How many deployments there are in a page if nothing is said.</summary>
    public const int Deployments = 200;

    /// <summary>How many limits there are in a page if nothing is said.</summary>
    public const int Limits = 200;

    public static NumberQuery OfRuns { get; } = Limit(Runs);
    public static NumberQuery OfDeployments { get; } = Limit(Deployments);
    public static NumberQuery OfLimits { get; } = Limit(Limits);
    public static TextQuery After { get; } = new("after", "Goes on after there: the `next` of the page before.") { MaxLength = 2_000 };

    private static NumberQuery Limit(int usual) => new("limit", "How many items at most.", 1, Most, usual);
}

/// <summary>The events of the API's streams.</summary>
internal static class EventNames
{
    /// <summary>The media type of a stream.</summary>
    public const string MediaType = "text/event-stream";

    public const string State = "state";
    public const string Log = "log";

    /// <summary>The last one.</summary>
    public const string End = "end";
}

/// <summary>The API's own headers.</summary>
internal static class HeaderNames
{
    public const string LogPosition = "Runner-Log-Position";
    public const string LogMasked = "Runner-Log-Masked";
    public const string LastEventId = "Last-Event-ID";

    /// <summary>A node asks in somebody's name: the one that is asked answers with what it has itself.</summary>
    public const string Forwarded = "Runner-Forwarded";
}
