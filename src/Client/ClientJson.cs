using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Runner.Messages;
using Runner.Messages.Serialization;

namespace Runner.Client;

/// <summary>The JSON of what only HTTP has: bodies whose subject stands in the path, errors, the node's file and pieces of output.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters = [typeof(DurationConverter)])]
[JsonSerializable(typeof(SubmitBody))]
[JsonSerializable(typeof(CancelBody))]
[JsonSerializable(typeof(RetryBody))]
[JsonSerializable(typeof(LimitBody))]
[JsonSerializable(typeof(PruneBody))]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(NodeFile))]
public sealed partial class ClientJson : JsonSerializerContext;

/// <summary>The body of a submission.</summary>
public sealed record SubmitBody(
    ImmutableSortedDictionary<string, JsonElement>? Parameters = null,
    DateTimeOffset? At = null,
    int? Priority = null,
    string? IdempotencyKey = null,
    ImmutableArray<string>? Tags = null,
    bool? EnforceParameterSchema = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool KeyOnly = false,
    string? Name = null);

/// <summary>The body of a cancellation.</summary>
public sealed record CancelBody(string? Reason = null);

/// <summary>The body of a retry.</summary>
public sealed record RetryBody(string? IdempotencyKey = null);

/// <summary>The body that sets a limit.</summary>
public sealed record LimitBody(int Size);

/// <summary>The body of a pruning.</summary>
public sealed record PruneBody(TimeSpan? KeepFor = null, long? KeepRuns = null, string? Deployment = null);

/// <summary>Problem details (RFC 9457) with this API's <c>code</c> and <c>problems</c>.</summary>
public sealed record ErrorBody(string? Type, string? Title, int? Status, string? Detail, string? Code, ImmutableArray<Problem>? Problems = null);
