using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;

namespace Runner.Host.Http.OpenApi;

/// <summary>The document itself: open, for it holds nothing that the sources do not. Made when first asked for, and not at the start.</summary>
internal static class OpenApiRoute
{
    public const string Path = "/openapi/v1.json";

    public static void Map(WebApplication app)
    {
        var document = new Lazy<Task<byte[]>>(() => MakeAsync(app));
        app.MapGet(Path, async context => await SendAsync(context, await document.Value)).Describe(() => new("getOpenApi", Tags.Node, "This document.")
        {
            Answers = [new Success(200, "The document.") { Contents = [new Content("application/json", "An OpenAPI 3.1 document.") { IsObject = true }] }],
        });
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
