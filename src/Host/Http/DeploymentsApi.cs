using Runner.Messages.Deployments;
using Runner.Messages.Http;
using Runner.Messages.Runs;

namespace Runner.Host.Http;

/// <summary>Deployments: register, list, show, pause, resume, delete, and submit a run of one.</summary>
internal static class DeploymentsApi
{
    public static void Map(ApiRoutes routes)
    {
        routes.Ask(Api.RegisterDeployments, (http, specs) => new RegisterDeployments(specs, http.Get(Queries.DryRegistration)));
        routes.Ask(Api.ListDeployments, http =>
            new ListDeployments(http.Get(Queries.Tag), (int)http.Get(Pages.OfDeployments)!, http.Get(Pages.After)));
        routes.Ask(Api.GetDeployment, http => new GetDeployment(http.Deployment));
        routes.Ask(Api.DeleteDeployment, http =>
            new DeleteDeployment(http.Deployment, http.Get(Queries.RunsOnDelete) == "cancel" ? RunsOnDelete.Cancel : RunsOnDelete.Keep));
        routes.Ask(Api.PauseDeployment, http => new PauseDeployment(http.Deployment));
        routes.Ask(Api.ResumeDeployment, http => new ResumeDeployment(http.Deployment));
        routes.Ask(Api.PauseSchedule, http => new SwitchSchedule(http.Deployment, http.Part("schedule"), false));
        routes.Ask(Api.ResumeSchedule, http => new SwitchSchedule(http.Deployment, http.Part("schedule"), true));
        routes.Ask(
            Api.SubmitRun,
            (http, body) => new SubmitRun(
                http.Deployment, body.Parameters, body.At, body.Priority, body.IdempotencyKey, body.Tags, body.EnforceParameterSchema, body.KeyOnly,
                body.Name),
            RunsApi.CreatedOrKnown);
    }
}
