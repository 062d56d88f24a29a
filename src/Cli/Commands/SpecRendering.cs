using System.Globalization;
using System.Text;
using System.Text.Json;
using Runner.Cli.Terminal;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Cli.Commands;

/// <summary>What a deployment declares, a line a field, in the order of the deployment file.</summary>
internal static class SpecRendering
{
    /// <summary>Fields with another label than their name, or more to say than their value.</summary>
    private static readonly Dictionary<string, (string Label, Func<DeploymentSpec, string?> Value)> Special = new()
    {
        ["name"] = ("Deployment", _ => null), // the first line
        ["paused"] = ("Status", _ => null), // the second
        ["command"] = ("Command", spec => spec.Shell is null ? Printable.Command(spec.Command) : null),
        ["workdir"] = ("Folder", spec => spec.Workdir),
        ["env"] = ("Variables", spec => string.Join(", ", spec.Env.Select(e => Variable(e.Key, e.Value)))),
        ["env_inherit"] = ("Inherited", spec => spec.EnvInherit is { } names
            ? names is ["*"] ? "all" : names.IsEmpty ? "none" : string.Join(", ", names) : null),
        ["parameter_schema"] = ("Schema", spec => spec.ParameterSchema is null ? null
            : $"{(spec.EnforceParameterSchema ?? true ? "enforced" : "not enforced")}; --json shows it"),
        ["enforce_parameter_schema"] = ("Schema", _ => null),
        ["schedules"] = ("Schedules", _ => null), // a table of their own
        ["catchup"] = ("Catch-up", spec => spec.CatchUp.ToString().ToLowerInvariant()
            + (spec.CatchUpLimit is { } most ? string.Create(CultureInfo.InvariantCulture, $", the newest {most}") : "")),
        ["catchup_limit"] = ("Catch-up", _ => null),
        ["concurrency"] = ("Concurrency", spec => spec.Concurrency is { } c ? $"{c.Limit} at once, {WhenFull(c.OnFull)}" : null),
        ["retries"] = ("Retries", spec => Retries(spec.Retries)),
        ["stop_grace"] = ("Stop grace", spec => DurationText.Format(spec.StopGrace ?? DeploymentSpec.DefaultStopGrace)),
        ["requires"] = ("Requires", spec => spec.Requires?.ToString()),
        ["on_node_loss"] = ("Node lost", spec => spec.OnNodeLoss is { } loss ? NodeLost(loss) : null),
        ["retention"] = ("Retention", spec => Retention(spec.Retention)),
    };

    private static readonly JsonElement Nothing = Json(new DeploymentSpec { Name = "", Workdir = "" });

    public static IEnumerable<(string Label, string? Value)> Lines(DeploymentSpec spec)
    {
        var json = Json(spec);
        return DeploymentSpec.Fields.Select(field => Special.TryGetValue(field.Name, out var special) ? (special.Label, special.Value(spec))
            : (Label(field.Name), Usual(json, field.JsonName)));
    }

    private static JsonElement Json(DeploymentSpec spec) => JsonSerializer.SerializeToElement(spec, MessagesJson.Default.DeploymentSpec);

    private static string Label(string name) => char.ToUpperInvariant(name[0]) + name[1..].Replace('_', ' ');

    /// <summary>The value as it is; null if it is as it is by default.</summary>
    private static string? Usual(JsonElement spec, string name) =>
        !spec.TryGetProperty(name, out var value) || (Nothing.TryGetProperty(name, out var usual) && JsonElement.DeepEquals(value, usual)) ? null
        : value.ValueKind == JsonValueKind.Array ? string.Join(", ", value.EnumerateArray().Select(Text))
        : Text(value);

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? Printable.Line(value.GetString()) : value.GetRawText();

    /// <summary>As it is declared: the value of one that is read at start nobody here knows.</summary>
    private static string Variable(string name, EnvValue? value) => value switch
    {
        null => $"{name} removed",
        EnvValue.FromEnv(var variable) => $"{name} from the node's variable {variable}",
        EnvValue.FromFile(var path) => $"{name} from the file {path}",
        EnvValue.FromCommand(var command) => $"{name} from the command {Printable.Command(command)}",
        EnvValue.Text(var text) => $"{name}={text}",
        _ => name,
    };

    private static string WhenFull(OnFull full) => full switch
    {
        OnFull.CancelNew => "others are cancelled",
        OnFull.CancelRunning => "the oldest is cancelled for a new one",
        _ => "others wait",
    };

    private static string NodeLost(NodeLossSpec loss)
    {
        var what = loss.Action switch
        {
            NodeLossAction.Retry => "retry",
            NodeLossAction.Crash => "crash",
            _ => "wait",
        };
        return loss is { Action: NodeLossAction.Wait, After: null } ? what : $"{what} after {DurationText.Format(loss.Grace)}";
    }

    private static string? Retention(RetentionSpec? retention) => retention switch
    {
        null => null,
        { KeepFor: null, KeepRuns: null } => "everything",
        { KeepRuns: null } => DurationText.Format(retention.KeepFor.Value),
        { KeepFor: null } => string.Create(CultureInfo.InvariantCulture, $"the newest {retention.KeepRuns} ended runs"),
        _ => string.Create(
            CultureInfo.InvariantCulture, $"{DurationText.Format(retention.KeepFor.Value)}, the newest {retention.KeepRuns} ended runs"),
    };

    private static string? Retries(RetrySpec retries)
    {
        if (retries.Count == 0)
        {
            return null;
        }

        var delay = retries.Delays.IsEmpty ? DurationText.Format(retries.Delay) : string.Join(", ", retries.Delays.Select(DurationText.Format));
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{retries.Count} after {delay}");
        if (retries.Delays.IsEmpty && retries.Backoff != 1)
        {
            text.Append(CultureInfo.InvariantCulture, $", times {retries.Backoff} each");
        }

        if (retries.MaxDelay is { } most)
        {
            text.Append(CultureInfo.InvariantCulture, $", at most {DurationText.Format(most)}");
        }

        if (retries.On is { } on)
        {
            text.Append(CultureInfo.InvariantCulture, $", on {string.Join(", ", on)} alone");
        }

        if (retries.NotOn is { } notOn)
        {
            text.Append(CultureInfo.InvariantCulture, $", not on {string.Join(", ", notOn)}");
        }

        return text.Append(retries.Jitter > 0 ? string.Create(CultureInfo.InvariantCulture, $", jitter {retries.Jitter}") : "").ToString();
    }
}
