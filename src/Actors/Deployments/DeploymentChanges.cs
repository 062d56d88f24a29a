using System.Collections.Immutable;
using System.Text.Json;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Actors.Deployments;

/// <summary>Which fields of a deployment differ, by the names that the deployment file has for them.</summary>
internal static class DeploymentChanges
{
    public static ImmutableArray<string> Between(DeploymentSpec before, DeploymentSpec after)
    {
        var old = JsonSerializer.SerializeToElement(before, MessagesJson.Default.DeploymentSpec);
        var now = JsonSerializer.SerializeToElement(after, MessagesJson.Default.DeploymentSpec);
        return
        [
            .. old.EnumerateObject().Concat(now.EnumerateObject()).Select(p => p.Name).Distinct()
                .Where(name => !Same(old, now, name)).Select(FileName),
        ];
    }

    private static bool Same(JsonElement old, JsonElement now, string name) =>
        old.TryGetProperty(name, out var a) == now.TryGetProperty(name, out var b)
        && (a.ValueKind == JsonValueKind.Undefined || JsonElement.DeepEquals(a, b));

    private static string FileName(string name) => DeploymentSpec.Fields.First(field => field.JsonName == name).Name;
}
