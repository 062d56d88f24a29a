using System.Text.Json;
using Runner.Wire;

namespace Runner.Actors.Wire;

/// <summary>The JSON of messages between nodes.</summary>
internal static class WireJson
{
    /// <inheritdoc cref="MessageJson.Options"/>
    public static JsonSerializerOptions Options { get; } = MessageJson.With(ActorsJson.Default);
}
