using System.Text.Json.Serialization;
using Runner.Messages.Serialization;

namespace Runner.Client;

/// <summary>The JSON of what only a client has: the node's file and pieces of output.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters = [typeof(DurationConverter)])]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(NodeFile))]
public sealed partial class ClientJson : JsonSerializerContext;
