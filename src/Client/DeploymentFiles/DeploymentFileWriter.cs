using System.Collections.Immutable;
using System.Globalization;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Client.DeploymentFiles;

/// <summary>Writes deployments and limits as a deployment file: reading it gives the same ones, whatever stands in their texts.</summary>
/// <param name="to">Its line ends have to be line feeds.</param>
public sealed class DeploymentFileWriter(TextWriter to)
{
    private bool _listBegun;

    /// <summary>The file's limits; before the first deployment.</summary>
    public void Write(ImmutableSortedDictionary<string, int> limits)
    {
        if (!limits.IsEmpty)
        {
            to.Write("limits:\n");
            foreach (var (name, size) in limits)
            {
                to.Write($"  {YamlText.Scalar(name)}: {size.ToString(CultureInfo.InvariantCulture)}\n");
            }
        }
    }

    /// <summary>One more deployment.</summary>
    public void Write(DeploymentSpec spec)
    {
        to.Write(_listBegun ? "" : "deployments:\n");
        _listBegun = true;
        var lead = "  - ";
        foreach (var (name, value) in Fields(spec))
        {
            if (value is not null)
            {
                to.Write($"{lead}{name}: {value}\n");
                lead = "    ";
            }
        }
    }

    /// <summary>Ends the file: one in which nothing is declared still says so, and can be read.</summary>
    public void End(ImmutableSortedDictionary<string, int> limits)
    {
        if (!_listBegun && limits.IsEmpty)
        {
            to.Write("limits: {}\n");
        }

        if (!_listBegun)
        {
            to.Write("deployments: []\n");
        }

        to.Flush();
    }

    /// <summary>In the order of docs/deployment-file.md; null for what is as it is by default.</summary>
    private static IEnumerable<(string Name, string? Value)> Fields(DeploymentSpec spec) =>
    [
        ("name", YamlText.Scalar(spec.Name)),
        ("description", Text(spec.Description)),
        ("version", Text(spec.Version)),
        ("tags", Texts(spec.Tags)),
        ("command", spec.Shell is null || !spec.Command.IsEmpty ? YamlText.List(spec.Command.Select(YamlText.Scalar)) : null),
        ("shell", Text(spec.Shell)),
        ("workdir", YamlText.Scalar(spec.Workdir)),
        ("env", spec.Env.IsEmpty ? null : YamlText.Map(spec.Env.Select(e => KeyValuePair.Create(e.Key, Value(e.Value))))),
        ("env_inherit", spec.EnvInherit is { } names ? names is ["*"] ? "all" : YamlText.List(names.Select(YamlText.Scalar)) : null),
        ("parameters", Parameters(spec.Parameters)),
        ("parameter_schema", spec.ParameterSchema is { } schema ? YamlText.Json(schema) : null),
        ("enforce_parameter_schema", spec.EnforceParameterSchema switch { true => "true", false => "false", null => null }),
        ("schedules", spec.Schedules.IsEmpty ? null : YamlText.List(spec.Schedules.Select(s => Map(Fields(s))))),
        ("catchup", spec.CatchUp switch { CatchUpPolicy.All => "all", CatchUpPolicy.None => "none", _ => null }),
        ("catchup_limit", spec.CatchUpLimit is { } most ? Number(most) : null),
        ("concurrency", spec.Concurrency is { } c ? $"{{limit: {Number(c.Limit)}, on_full: {Word(c.OnFull)}}}" : null),
        ("limits", Texts(spec.Limits)),
        ("success_codes", spec.SuccessCodes is { } codes ? YamlText.List(codes.Select(code => Number(code))) : null),
        ("retries", Map(Fields(spec.Retries)) is { Length: > 2 } retries ? retries : null),
        ("timeout", Duration(spec.Timeout)),
        ("stop_grace", Duration(spec.StopGrace)),
        ("retention", spec.Retention is { } retention ? Map(Fields(retention)) : null),
        ("priority", spec.Priority == 0 ? null : Number(spec.Priority)),
        ("paused", spec.Paused ? "true" : null),
        ("user", Text(spec.User)),
    ];

    private static IEnumerable<(string Name, string? Value)> Fields(ScheduleSpec schedule) =>
    [
        ("interval", Duration(schedule.Interval)),
        ("anchor", schedule.Anchor is { } anchor ? Instants.Format(anchor) : null),
        ("cron", Text(schedule.Cron)),
        ("day_or", Boolean(schedule.DayOr)),
        ("rrule", Text(schedule.Rrule)),
        ("timezone", Text(schedule.Timezone)),
        ("parameters", Parameters(schedule.Parameters)),
        ("active", Boolean(schedule.Active)),
        ("end", schedule.End is { } end ? Instants.Format(end) : null),
        ("max_runs", schedule.MaxRuns is { } runs ? Number(runs) : null),
        ("jitter", Duration(schedule.Jitter)),
        ("id", Text(schedule.Id)),
    ];

    private static IEnumerable<(string Name, string? Value)> Fields(RetrySpec retries) =>
    [
        // Where there are delays, their number would be the count if none were said.
        ("count", retries.Count == 0 && retries.Delays.IsEmpty ? null : Number(retries.Count)),
        ("delay", retries.Delay == TimeSpan.Zero ? null : Duration(retries.Delay)),
        ("delays", retries.Delays.IsEmpty ? null : YamlText.List(retries.Delays.Select(d => Duration(d)!))),
        ("backoff", retries.Backoff == 1 ? null : Number(retries.Backoff)),
        ("max_delay", Duration(retries.MaxDelay)),
        ("jitter", retries.Jitter == 0 ? null : Number(retries.Jitter)),
        ("on", retries.On is { } on ? YamlText.List(on.Select(YamlText.Scalar)) : null),
        ("not_on", retries.NotOn is { } notOn ? YamlText.List(notOn.Select(YamlText.Scalar)) : null),
    ];

    private static IEnumerable<(string Name, string? Value)> Fields(RetentionSpec retention) =>
    [
        ("keep_for", Duration(retention.KeepFor)),
        ("keep_runs", retention.KeepRuns is { } runs ? Number(runs) : null),
    ];

    private static string Value(EnvValue? value) => value switch
    {
        null => "null",
        EnvValue.FromEnv(var name) => Source("from_env", YamlText.Scalar(name)),
        EnvValue.FromFile(var path) => Source("from_file", YamlText.Scalar(path)),
        EnvValue.FromCommand(var command) => Source("from_command", YamlText.List(command.Select(YamlText.Scalar))),
        EnvValue.Text(var text) => YamlText.Scalar(text),
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "not a way to declare a variable"),
    };

    private static string Source(string how, string what) => YamlText.Map([KeyValuePair.Create(how, what)]);

    private static string Map(IEnumerable<(string Name, string? Value)> fields) =>
        YamlText.Map(fields.Where(f => f.Value is not null).Select(f => KeyValuePair.Create(f.Name, f.Value!)));

    private static string? Text(string? text) => text is null ? null : YamlText.Scalar(text);

    private static string? Texts(ImmutableArray<string> texts) => texts.IsEmpty ? null : YamlText.List(texts.Select(YamlText.Scalar));

    private static string? Parameters(ImmutableSortedDictionary<string, System.Text.Json.JsonElement> parameters) => parameters.IsEmpty
        ? null
        : YamlText.Map(parameters.Select(p => KeyValuePair.Create(p.Key, YamlText.Json(p.Value))));

    private static string Word(OnFull full) => full switch { OnFull.CancelNew => "cancel_new", OnFull.CancelRunning => "cancel_running", _ => "queue" };

    private static string? Boolean(bool? value) => value switch { true => "true", false => "false", null => null };

    private static string? Duration(TimeSpan? duration) => duration is { } d ? DurationText.Format(d) : null;

    private static string Number(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
