using Runner.Messages.Http;
using Runner.Messages.Limits;

namespace Runner.Host.Http;

/// <summary>Limits: list, set, delete.</summary>
internal static class LimitsApi
{
    public static void Map(ApiRoutes routes)
    {
        routes.Ask(Api.ListLimits, http => new ListLimits((int)http.Get(Pages.OfLimits)!, http.Get(Pages.After)));
        routes.Ask(Api.SetLimit, (http, body) => new SetLimit(http.Part("name"), body.Size));
        routes.Ask(Api.DeleteLimit, http => new DeleteLimit(http.Part("name")));
    }
}
