using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Runner.Messages.Http;
using Runner.Messages.Serialization;

namespace Runner.Host.Http;

/// <summary>How request bodies are read: nothing unknown, nothing twice, no null where none is meant.</summary>
internal static class StrictJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(MessagesJson.Default.Options)
        {
            TypeInfoResolver = JsonTypeInfoResolver.Combine(HttpJson.Default, MessagesJson.Default),
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
            RespectNullableAnnotations = true,
        };
        options.MakeReadOnly();
        return options;
    }
}
