using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Runner.Actors;
using Runner.Messages;

namespace Runner.Host.Http;

/// <summary>Writes answers: JSON for what was asked, problem details for what was refused.</summary>
internal static class Answers
{
    private const string Json = "application/json; charset=utf-8";

    // Sentences with quotes and backticks are to be read as they are; as JSON that no browser sniffs, they are harmless.
    private static readonly JsonTypeInfo<ApiProblem> Problem =
        new HostJson(new JsonSerializerOptions(HostJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }).ApiProblem;

    /// <summary>The value with 200, or the refusal with its status.</summary>
    public static Task SendAsync<T>(this HttpContext context, Reply<T> reply, JsonTypeInfo<T> info) =>
        context.SendAsync(reply, info, static _ => StatusCodes.Status200OK);

    /// <summary>The value with the status it asks for, or the refusal with its own.</summary>
    public static Task SendAsync<T>(this HttpContext context, Reply<T> reply, JsonTypeInfo<T> info, Func<T, int> status) =>
        reply.Refusal is { } refusal ? context.SendRefusalAsync(refusal) : context.SendJsonAsync(reply.Value!, info, status(reply.Value!));

    public static Task SendJsonAsync<T>(this HttpContext context, T value, JsonTypeInfo<T> info, int status)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(value, info, Json, context.RequestAborted);
    }

    public static Task SendRefusalAsync(this HttpContext context, Refusal refusal) =>
        context.SendProblemAsync(RefusalMap.StatusOf(refusal), refusal.Code, refusal.Message, refusal.Problems);

    /// <param name="detail">What happened and what to do, in a sentence or two.</param>
    public static Task SendProblemAsync(this HttpContext context, int status, string code, string detail, ImmutableArray<Problem> problems = default)
    {
        var title = ReasonPhrases.GetReasonPhrase(status) is { Length: > 0 } phrase ? phrase : "Error";
        var problem = new ApiProblem($"urn:runner:{code}", title, status, detail, code, problems.IsDefaultOrEmpty ? null : problems);
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        return context.Response.WriteAsJsonAsync(problem, Problem, "application/problem+json", context.RequestAborted);
    }
}
