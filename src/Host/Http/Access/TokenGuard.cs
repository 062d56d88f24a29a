using Runner.Messages.Http;

namespace Runner.Host.Http.Access;

/// <summary>
/// Everything under /api/v1, and /metrics, needs a token, given in the Authorization header and nowhere else. Stands after routing.
/// </summary>
internal sealed class TokenGuard(RequestDelegate next, ApiTokens tokens)
{
    private const string Scheme = "Bearer ";
    private const int MaxLength = 200;

    public Task InvokeAsync(HttpContext context)
    {
        if (!Guards(context.Request.Path))
        {
            return next(context);
        }

        if (CallerOf(context) is not { } caller)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return context.SendProblemAsync(StatusCodes.Status401Unauthorized, "unauthorized",
                "A valid token is needed: `Authorization: Bearer TOKEN`, with the token in the file `token` of the node's data folder.");
        }

        return caller.Run is { } run && !IsOpenTo(context, run)
            ? context.SendProblemAsync(StatusCodes.Status403Forbidden, "not-your-run",
                $"A program's token is good for reading and cancelling its own run ({run}) only.")
            : next(context);
    }

    /// <summary>Whether a token is needed for what is at this path.</summary>
    public static bool Guards(PathString path) =>
        path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
        || path.StartsWithSegments(Api.GetMetrics.Path.Template, StringComparison.OrdinalIgnoreCase);

    private Caller? CallerOf(HttpContext context)
    {
        var headers = context.Request.Headers.Authorization;
        return headers.Count == 1 && headers[0] is { } header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && header.Length <= MaxLength
            ? tokens.Recognize(header[Scheme.Length..].Trim())
            : null;
    }

    private static bool IsOpenTo(HttpContext context, Guid run) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Operation>() is { OpenToPrograms: true }
        && context.GetRouteValue("run") is string text && Guid.TryParseExact(text, "D", out var asked) && asked == run;
}
