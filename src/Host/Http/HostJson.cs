using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Runner.Messages;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>The body of a submission; every field may be left out.</summary>
internal sealed record SubmitBody(
    ImmutableSortedDictionary<string, JsonElement>? Parameters = null,
    DateTimeOffset? At = null,
    int? Priority = null,
    string? IdempotencyKey = null,
    ImmutableArray<string>? Tags = null,
    bool? EnforceParameterSchema = null,
    bool KeyOnly = false,
    string? Name = null);

/// <summary>The body of a cancellation.</summary>
internal sealed record CancelBody(string? Reason = null);

/// <summary>The body of a retry.</summary>
internal sealed record RetryBody(string? IdempotencyKey = null);

/// <summary>The body that sets a limit.</summary>
internal sealed record LimitBody
{
    public required int Size { get; init; }
}

/// <summary>The body of a pruning; every field may be left out.</summary>
internal sealed record PruneBody(TimeSpan? KeepFor = null, long? KeepRuns = null, string? Deployment = null);

/// <summary>An error as the API says it: RFC 9457, with <paramref name="Code"/> for machines.</summary>
internal sealed record ApiProblem(string Type, string Title, int Status, string Detail, string Code, ImmutableArray<Problem>? Problems);

/// <summary>The JSON of the API's own types; messages have <see cref="MessagesJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(SubmitBody))]
[JsonSerializable(typeof(CancelBody))]
[JsonSerializable(typeof(RetryBody))]
[JsonSerializable(typeof(LimitBody))]
[JsonSerializable(typeof(PruneBody))]
internal sealed partial class HostJson : JsonSerializerContext;

/// <summary>How request bodies are read: nothing unknown, nothing twice, no null where none is meant.</summary>
internal static class StrictJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(MessagesJson.Default.Options)
        {
            TypeInfoResolver = JsonTypeInfoResolver.Combine(HostJson.Default, MessagesJson.Default),
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
            RespectNullableAnnotations = true,
        };
        options.MakeReadOnly();
        return options;
    }
}
