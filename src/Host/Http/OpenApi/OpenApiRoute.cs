using Microsoft.OpenApi;
using Runner.Messages.Http;

namespace Runner.Host.Http.OpenApi;

/// <summary>The document itself: open, for it holds nothing that the sources do not. Made when first asked for, and not at the start.</summary>
internal static class OpenApiRoute
{
    public static string Path => Api.GetOpenApi.Path.Template;

    public static void Map(WebApplication app, ApiRoutes routes)
    {
        var document = new Lazy<Task<byte[]>>(() => MakeAsync(app));
        routes.Map(Api.GetOpenApi, async http => await SendAsync(http.Context, await document.Value));
    }

    private static async Task<byte[]> MakeAsync(WebApplication app)
    {
        using var json = new MemoryStream();
        await (await DocumentGeneration.OfAsync(app)).SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        json.WriteByte((byte)'\n');
        return json.ToArray();
    }

    private static async Task SendAsync(HttpContext context, byte[] document)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = document.Length;
        await context.Response.Body.WriteAsync(document, context.RequestAborted);
    }
}
