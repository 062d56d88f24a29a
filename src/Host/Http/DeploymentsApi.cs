using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>Deployments: register, list, show, pause, resume, delete, and submit a run of one.</summary>
internal sealed class DeploymentsApi(NodeSlot slot)
{
    private const string One = "/api/v1/deployments/{flow}/{name}";
    private const int MaxPage = 1_000;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/api/v1/deployments", RegisterAsync).WithMetadata(MakesWork.Mark);
        routes.MapGet("/api/v1/deployments", ListAsync);
        routes.MapGet(One, ShowAsync);
        routes.MapDelete(One, DeleteAsync);
        routes.MapPost(One + "/pause", PauseAsync);
        routes.MapPost(One + "/resume", ResumeAsync);
        routes.MapPost(One + "/runs", SubmitAsync).WithMetadata(MakesWork.Mark);
    }

    private async Task RegisterAsync(HttpContext context)
    {
        var dryRun = new QueryReader(context, "dryRun").Flag("dryRun");
        var node = slot.ForWork();
        var specs = await BodyReader.ReadAsync<ImmutableArray<DeploymentSpec>>(context);
        await context.SendAsync(await node.RegisterAsync(specs, dryRun, context.RequestAborted), MessagesJson.Default.ImmutableArrayDeploymentRegistered);
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = new QueryReader(context, "tag", "limit", "after");
        var list = new ListDeployments(query.Text("tag"), (int)(query.Number("limit", 1, MaxPage) ?? 200), query.Text("after", 2_000));
        await context.SendAsync(await slot.Node.DeploymentsAsync(list, context.RequestAborted), MessagesJson.Default.DeploymentPage);
    }

    private async Task ShowAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        await context.SendAsync(await slot.Node.DeploymentAsync(new GetDeployment(Name(context)), context.RequestAborted), MessagesJson.Default.DeploymentView);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var runs = new QueryReader(context, "runs").Choice("runs", "keep", "cancel") == "cancel" ? RunsOnDelete.Cancel : RunsOnDelete.Keep;
        var command = new DeleteDeployment(Name(context), runs);
        await context.SendAsync(await slot.ForWork().DeleteAsync(command, context.RequestAborted), MessagesJson.Default.DeploymentChanged);
    }

    private async Task PauseAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var command = new PauseDeployment(Name(context));
        await context.SendAsync(await slot.ForWork().PauseAsync(command, context.RequestAborted), MessagesJson.Default.DeploymentChanged);
    }

    private async Task ResumeAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var command = new ResumeDeployment(Name(context));
        await context.SendAsync(await slot.ForWork().ResumeAsync(command, context.RequestAborted), MessagesJson.Default.DeploymentChanged);
    }

    private async Task SubmitAsync(HttpContext context)
    {
        _ = new QueryReader(context);
        var node = slot.ForWork();
        var body = await BodyReader.ReadAsync(context, new SubmitBody());
        var command = new SubmitRun(Name(context), body.Parameters, body.At, body.Priority, body.IdempotencyKey, body.Tags);
        await context.SendAsync(await node.SubmitAsync(command, context.RequestAborted), MessagesJson.Default.RunSubmitted, RunsApi.CreatedOrKnown);
    }

    private static string Name(HttpContext context) => $"{context.GetRouteValue("flow")}/{context.GetRouteValue("name")}";
}
