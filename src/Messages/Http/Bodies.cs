using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Runner.Messages.Serialization;

namespace Runner.Messages.Http;

/// <summary>The bodies of requests.</summary>
internal static class Bodies
{
    /// <summary>The largest that a node takes, in bytes.</summary>
    public const int Largest = 4 * 1024 * 1024;

    /// <summary>The same, as it is said.</summary>
    public const string LargestText = "4 MiB";
}

/// <summary>The body of a submission; every field may be left out.</summary>
internal sealed record SubmitBody(
    ImmutableSortedDictionary<string, JsonElement>? Parameters = null,
    DateTimeOffset? At = null,
    int? Priority = null,
    string? IdempotencyKey = null,
    ImmutableArray<string>? Tags = null,
    bool? EnforceParameterSchema = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool KeyOnly = false,
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

/// <summary>The body that has an event skipped.</summary>
internal sealed record SkipBody
{
    public required string Entity { get; init; }

    public required long Number { get; init; }

    public string? Reason { get; init; }
}

/// <summary>
/// An error as the API says it: RFC 9457, with <paramref name="Code"/> for machines.
/// A client reads what something else may have answered: there any of it may be null.
/// </summary>
internal sealed record ApiProblem(string Type, string Title, int Status, string Detail, string Code, ImmutableArray<Problem>? Problems);

/// <summary>The JSON of what only HTTP has; messages have <see cref="MessagesJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters = [typeof(DurationConverter)])]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(SubmitBody))]
[JsonSerializable(typeof(CancelBody))]
[JsonSerializable(typeof(RetryBody))]
[JsonSerializable(typeof(LimitBody))]
[JsonSerializable(typeof(PruneBody))]
[JsonSerializable(typeof(SkipBody))]
internal sealed partial class HttpJson : JsonSerializerContext;
