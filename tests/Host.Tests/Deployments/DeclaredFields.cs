using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Runner.Client.DeploymentFiles;
using Runner.Messages.Deployments;
using Runner.Messages.Deployments.Fields;
using Runner.Messages.Serialization;

namespace Runner.Host.Tests.Deployments;

/// <summary>All fields of a deployment file, by where they stand, and files in which one of them is said.</summary>
internal static class DeclaredFields
{
    /// <summary>Where fields stand: the name of a field of a deployment with fields of its own; empty for a deployment.</summary>
    public static ImmutableArray<(string Part, string Section, JsonTypeInfo Json, ImmutableArray<Field> Fields)> Parts { get; } =
    [
        ("", "A deployment", MessagesJson.Default.DeploymentSpec, [.. DeploymentSpec.Fields]),
        ("schedules", "A schedule", MessagesJson.Default.ScheduleSpec, [.. ScheduleSpec.Fields]),
        ("concurrency", "Concurrency", MessagesJson.Default.ConcurrencySpec, [.. ConcurrencySpec.Fields]),
        ("retries", "Retries", MessagesJson.Default.RetrySpec, [.. RetrySpec.Fields]),
        ("retention", "Retention", MessagesJson.Default.RetentionSpec, [.. RetentionSpec.Fields]),
        ("on_node_loss", "When a node is lost", MessagesJson.Default.NodeLossSpec, [.. NodeLossSpec.Fields]),
    ];

    public static Field Of(string part, string name) => Parts.Single(p => p.Part == part).Fields.Single(f => f.Name == name);

    /// <summary>What else a file says so that the field may be said at all.</summary>
    private static string Beside(string part, string name) => (part, name) switch
    {
        ("", "catchup_limit") => "catchup: all",
        ("", "enforce_parameter_schema") => "parameter_schema: {type: object}",
        ("schedules", "interval" or "cron" or "rrule") => "",
        ("schedules", "day_or") => "cron: \"0 0 1 * fri\"",
        ("schedules", _) => "interval: 10s",
        ("concurrency", "limit") => "",
        ("concurrency", _) => "limit: 1",
        ("retries", "on" or "not_on" or "delay" or "backoff" or "max_delay" or "jitter") => "count: 3",
        _ => "",
    };

    /// <summary>The deployment of a file that says the field so; that says nothing of it if <paramref name="value"/> is null.</summary>
    public static DeploymentSpec With(string part, string name, string? value)
    {
        var said = ((string[])[Beside(part, name), value is null ? "" : $"{name}: {value}"]).Where(entry => entry.Length > 0).ToArray();
        var usual = ((string[])["name: a/b", "command: [x]", "workdir: /"])
            .Where(line => part.Length > 0 || value is null || !(line.StartsWith($"{name}:", StringComparison.Ordinal)
                || (name == "shell" && line.StartsWith("command", StringComparison.Ordinal))));
        var own = part switch
        {
            "" => said,
            _ when said.Length == 0 => [],
            "schedules" => [$"schedules: [{{{string.Join(", ", said)}}}]"],
            _ => [$"{part}: {{{string.Join(", ", said)}}}"],
        };
        return Load($"deployments:\n  - {string.Join("\n    ", usual.Concat(own))}\n");
    }

    public static DeploymentSpec Load(string yaml)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var file = Path.Combine(folder.FullName, "runner.yaml");
            File.WriteAllText(file, yaml);
            return Assert.Single(DeploymentFile.Load([file]).Specs);
        }
        catch (DeploymentFileException e)
        {
            throw new InvalidOperationException($"{e.Message}\n{yaml}", e);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public static string Write(DeploymentSpec spec)
    {
        using var text = new StringWriter();
        var writer = new DeploymentFileWriter(text);
        writer.Write(spec);
        writer.End(ImmutableSortedDictionary<string, int>.Empty);
        return text.ToString();
    }

    public static JsonElement Json(DeploymentSpec spec) => JsonSerializer.SerializeToElement(spec, MessagesJson.Default.DeploymentSpec);
}
