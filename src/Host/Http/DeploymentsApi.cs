using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;
using Runner.Host.Http.OpenApi;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>Deployments: register, list, show, pause, resume, delete, and submit a run of one.</summary>
internal sealed class DeploymentsApi(NodeSlot slot)
{
    private const string One = "/api/v1/deployments/{flow}/{name}";
    private const string OneSchedule = One + "/schedules/{schedule}";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/api/v1/deployments", RegisterAsync).WithMetadata(MakesWork.Mark).Describe(() => new("registerDeployments", Tags.Deployments, "Registers or updates deployments, all or none.")
        {
            Parameters = [Parameter.Query("dryRun", ValueSchema.Flag, "Only says what would change.")],
            Body = new(StrictJson.Options.GetTypeInfo(typeof(ImmutableArray<DeploymentSpec>)), Required: true),
            Answers = [new(200, "What registering did, in the order given.", MessagesJson.Default.ImmutableArrayDeploymentRegistered)],
            Refuses = ["deployment-invalid", .. Refusals.OfNewWork],
        });
        routes.MapGet("/api/v1/deployments", ListAsync).Describe(() => new("listDeployments", Tags.Deployments, "Deployments by name.")
        {
            Parameters = [Parameter.Query("tag", ValueSchema.Text(500), "Those with this tag."), PageParameters.Limit(200), PageParameters.After],
            Answers = [new(200, "A page of deployments.", MessagesJson.Default.DeploymentPage)],
        });
        routes.MapGet(One, ShowAsync).Describe(() => new("getDeployment", Tags.Deployments, "A deployment with its schedules and when they are due next.")
        {
            Parameters = NameParameters,
            Answers = [new(200, "The deployment.", MessagesJson.Default.DeploymentView)],
            Refuses = ["deployment-not-found"],
        });
        routes.MapDelete(One, DeleteAsync).Describe(() => Change("deleteDeployment", "Deletes a deployment; its finished runs stay readable.",
            Parameter.Query("runs", ValueSchema.OneOf(["keep", "cancel"], "keep"), "What becomes of its runs that have not ended.")));
        routes.MapPost(One + "/pause", PauseAsync).Describe(() => Change("pauseDeployment", "Stops a deployment's schedules until it is resumed."));
        routes.MapPost(One + "/resume", ResumeAsync).Describe(() => Change("resumeDeployment", "Lets a deployment's schedules go on from now."));
        routes.MapPost(OneSchedule + "/pause", context => SwitchAsync(context, active: false)).Describe(
            () => Switch("pauseSchedule", "Switches one schedule of a deployment off until it is resumed, or declared with another `active`."));
        routes.MapPost(OneSchedule + "/resume", context => SwitchAsync(context, active: true)).Describe(
            () => Switch("resumeSchedule", "Switches one schedule of a deployment on; it goes on from now, with its anchor where it was."));
        routes.MapPost(One + "/runs", SubmitAsync).WithMetadata(MakesWork.Mark).Describe(() => new("submitRun", Tags.Deployments, "Submits a run of a deployment.")
        {
            Parameters = NameParameters,
            Body = new(StrictJson.Options.GetTypeInfo(typeof(SubmitBody)), Required: false),
            Answers =
            [
                new(201, "The new run.", MessagesJson.Default.RunSubmitted),
                new(200, "The idempotency key had been used: the run of the first time.", MessagesJson.Default.RunSubmitted),
            ],
            Refuses = ["deployment-not-found", "submission-invalid", "key-used-otherwise", .. Refusals.OfNewWork],
        });
    }

    private static ImmutableArray<OpenApiParameter> NameParameters =>
    [
        Parameter.Path("flow", ValueSchema.Name, "The first part of the deployment's name."),
        Parameter.Path("name", ValueSchema.Name, "The second part of the deployment's name."),
    ];

    private static Operation Change(string id, string summary, params ImmutableArray<OpenApiParameter> parameters) => new(id, Tags.Deployments, summary)
    {
        Parameters = [.. NameParameters, .. parameters],
        Answers = [new(200, "It is so.", MessagesJson.Default.DeploymentChanged)],
        Refuses = ["deployment-not-found", .. Refusals.OfWork],
    };

    private static Operation Switch(string id, string summary) =>
        Change(id, summary, Parameter.Path("schedule", ValueSchema.Name, "The schedule's id: given in the deployment, or derived from what makes it due.")) with
        {
            Refuses = ["deployment-not-found", "schedule-not-found", .. Refusals.OfWork],
        };

    private async Task RegisterAsync(HttpContext context)
    {
        var dryRun = new QueryReader(context, "dryRun").Flag("dryRun");
        var node = slot.ForWork();
        var specs = await BodyReader.ReadAsync<ImmutableArray<DeploymentSpec>>(context);
        await context.SendAsync(await node.AskAsync(new RegisterDeployments(specs, dryRun), context.RequestAborted), MessagesJson.Default.ImmutableArrayDeploymentRegistered);
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = new QueryReader(context, "tag", "limit", "after");
        var list = new ListDeployments(query.Text("tag"), (int)(query.Number("limit", 1, PageParameters.Most) ?? 200), query.Text("after", 2_000));
        await context.SendAsync(await slot.Node.AskAsync(list, context.RequestAborted), MessagesJson.Default.DeploymentPage);
    }

    private async Task ShowAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        await context.SendAsync(await slot.Node.AskAsync(new GetDeployment(Name(context)), context.RequestAborted), MessagesJson.Default.DeploymentView);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var runs = new QueryReader(context, "runs").Choice("runs", "keep", "cancel") == "cancel" ? RunsOnDelete.Cancel : RunsOnDelete.Keep;
        var command = new DeleteDeployment(Name(context), runs);
        await context.SendAsync(await slot.ForWork().AskAsync(command, context.RequestAborted), MessagesJson.Default.DeploymentChanged);
    }

    private async Task PauseAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var command = new PauseDeployment(Name(context));
        await context.SendAsync(await slot.ForWork().AskAsync(command, context.RequestAborted), MessagesJson.Default.DeploymentChanged);
    }

    private async Task ResumeAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var command = new ResumeDeployment(Name(context));
        await context.SendAsync(await slot.ForWork().AskAsync(command, context.RequestAborted), MessagesJson.Default.DeploymentChanged);
    }

    private async Task SwitchAsync(HttpContext context, bool active)
    {
        _ = new QueryReader(context);
        var command = new SwitchSchedule(Name(context), $"{context.GetRouteValue("schedule")}", active);
        await context.SendAsync(await slot.ForWork().AskAsync(command, context.RequestAborted), MessagesJson.Default.DeploymentChanged);
    }

    private async Task SubmitAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var node = slot.ForWork();
        var body = await BodyReader.ReadAsync(context, new SubmitBody());
        var command = new SubmitRun(Name(context), body.Parameters, body.At, body.Priority, body.IdempotencyKey, body.Tags, body.EnforceParameterSchema, body.KeyOnly, body.Name);
        await context.SendAsync(await node.AskAsync(command, context.RequestAborted), MessagesJson.Default.RunSubmitted, RunsApi.CreatedOrKnown);
    }

    private static string Name(HttpContext context) => $"{context.GetRouteValue("flow")}/{context.GetRouteValue("name")}";
}
