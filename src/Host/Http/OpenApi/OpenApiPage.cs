using System.Security.Cryptography;
using Scalar.AspNetCore;

namespace Runner.Host.Http.OpenApi;

/// <summary>
/// A page to read the document and try it with: Scalar's, from the node itself. Open as the document is; whoever tries something gives a token.
/// </summary>
internal static class OpenApiPage
{
    public const string Path = "/openapi";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapScalarApiReference(Path, (options, context) =>
    {
        options.Title = "Runner";
        options.OpenApiRoutePattern = OpenApiRoute.Path;
        // Everything that would call another host; the policy has the browser refuse what a later version of the page may add.
        options.DefaultFonts = false;
        options.Telemetry = false;
        options.HideClientButton = true;
        options.DisableAgent().DisableMcp().HideDeveloperTools();
        options.Nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        context.Response.Headers.ContentSecurityPolicy = Policy(options.Nonce);
    });

    // The page makes its styles itself and has its fonts and icons within them.
    private static string Policy(string nonce) =>
        $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}
