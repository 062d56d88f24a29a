using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using Runner.Messages;
using Runner.Messages.Http;

namespace Runner.Host.Http;

/// <summary>Writes answers: JSON for what was asked, problem details for what was refused.</summary>
internal static class Answers
{
    private const string Json = "application/json; charset=utf-8";

    // Sentences with quotes and backticks are to be read as they are; as JSON that no browser sniffs, they are harmless.
    private static readonly JsonTypeInfo<ApiProblem> Problem =
        new HttpJson(new JsonSerializerOptions(HttpJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }).ApiProblem;

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
