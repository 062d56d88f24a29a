using System.Text.Json;
using Runner.Actors;
using Runner.Entities.Store;
using Runner.Messages.Serialization;

namespace Runner.Simulation;

/// <summary>Writes histories that came about in a seed to files, for tests that replay them against later versions of the program.</summary>
internal static class Recorder
{
    /// <summary>
    /// A file for each history that has an event of a kind, a field of one, or a state that no file before it has; returns the names written.
    /// </summary>
    public static IReadOnlyList<string> Record(ulong seed, SimulationOptions options, DirectoryInfo folder)
    {
        var world = new World(seed, options);
        world.Run();
        var keys = world.Ledger.Runs.Keys.Select(id => new EntityKey(EntityKinds.FlowRun, id.ToString("D")))
            .Concat(world.Ledger.Deployments.Keys.Select(name => new EntityKey(EntityKinds.Deployment, name)))
            .Append(new EntityKey(EntityKinds.Limiter, EntityKinds.LimiterId));
        var seen = new HashSet<string>();
        var written = new List<string>();
        foreach (var key in keys)
        {
            var history = world.Store.Memory.LoadAsync(key).GetAwaiter().GetResult();
            if (history.Snapshot is null && !seen.IsSupersetOf(Found(key, history)))
            {
                seen.UnionWith(Found(key, history));
                var name = $"{key.Kind}-{written.Count + 1}.json";
                using var stream = File.Create(Path.Combine(folder.FullName, name));
                Write(stream, key, history);
                written.Add(name);
            }
        }

        return written;
    }

    private static IEnumerable<string> Found(EntityKey key, EntityHistory history)
    {
        using var state = JsonDocument.Parse(State(key, history));
        string[] states = key.Kind != EntityKinds.FlowRun ? []
            : [.. state.RootElement.GetProperty("history").EnumerateArray().Select(h => $"in {h.GetProperty("state").GetProperty("name")}")];
        return history.Events.SelectMany(Fields).Concat(states);
    }

    private static string State(EntityKey key, EntityHistory history) =>
        Replay.State(key.Kind, key.Id, history.Events.Select(e => (EventCatalog.Read(e.Type, e.Version, e.Payload.Span), e.At)));

    /// <summary>An event's kind, and the name of every field within it.</summary>
    private static IEnumerable<string> Fields(StoredEvent stored)
    {
        using var payload = JsonDocument.Parse(stored.Payload);
        return [stored.Type, .. Fields(stored.Type, payload.RootElement).Distinct()];
    }

    private static IEnumerable<string> Fields(string path, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(p => Fields($"{path}.{p.Name}", p.Value).Prepend($"{path}.{p.Name}")),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(item => Fields(path, item)),
        _ => [],
    };

    private static void Write(Stream stream, EntityKey key, EntityHistory history)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("kind", key.Kind);
        json.WriteString("id", key.Id);
        json.WriteStartArray("events");
        foreach (var stored in history.Events)
        {
            json.WriteStartObject();
            json.WriteString("type", stored.Type);
            json.WriteNumber("version", stored.Version);
            json.WriteString("at", stored.At);
            json.WritePropertyName("payload");
            json.WriteRawValue(stored.Payload.Span);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WritePropertyName("state");
        json.WriteRawValue(State(key, history));
        json.WriteEndObject();
    }
}
