using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Runner.Host.Http.OpenApi;

/// <summary>The document itself: open, for it holds nothing that the sources do not. Made when first asked for, and not at the start.</summary>
internal static class OpenApiRoute
{
    public const string Path = "/openapi/v1.json";

    public static void Map(WebApplication app)
    {
        var document = new Lazy<byte[]>(() => OpenApiDocument.Of(((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)));
        app.MapGet(Path, context => SendAsync(context, document.Value)).Describe(() => new("getOpenApi", Tags.Node, "This document.")
        {
            Answers = [new Success(200, "The document.") { Contents = [new Content("application/json", "An OpenAPI 3.1 document.") { IsObject = true }] }],
        });
    }

    private static async Task SendAsync(HttpContext context, byte[] document)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = document.Length;
        await context.Response.Body.WriteAsync(document, context.RequestAborted);
    }
}
