using System.Collections.Immutable;
using Runner.Actors.FlowRunners;
using Runner.Messages;

namespace Runner.Host.Configuration;

/// <summary>How a setting's value is written in a file.</summary>
internal enum SettingKind
{
    Text,

    /// <summary>A relative one is relative to the file it stands in.</summary>
    Path,
    Whole,
    Truth,

    /// <summary>A list of texts.</summary>
    Names,

    /// <summary>As HOCON writes it (<c>30 days</c>) or as flags do (<c>1h30m</c>).</summary>
    Duration,

    /// <summary>Bytes, with a unit or without: <c>256 MiB</c>.</summary>
    Size,
}

/// <summary>One setting of a node and the names it goes by. <c>hocon/runner.conf</c> holds the same ones; a test compares them.</summary>
/// <param name="Key">Inside <c>runner { … }</c> of a settings file; a dot stands between a group and its setting.</param>
/// <param name="Kind">How it is written in a file.</param>
/// <param name="Flag">Null if it has none.</param>
/// <param name="Value">A string, an int, a long, a bool, an array of strings, or null for one that is off.</param>
internal sealed record NodeSetting(string Key, SettingKind Kind, string? Flag, string Variable, Func<NodeOptions, object?> Value)
{
    /// <summary>The object that holds all settings in a file.</summary>
    public const string Section = "runner";

    /// <summary>What settings that nobody set come from.</summary>
    public const string Default = "default";

    /// <summary>A duration without an end, where one may be.</summary>
    public const string Forever = "forever";

    /// <summary>A number without a bound, where there may be one.</summary>
    public const string Everything = "all";

    /// <summary>What the node itself has.</summary>
    public const string Inherit = "inherit";

    /// <summary>What is right in most places.</summary>
    public const string Auto = "auto";

    public static NodeSetting Data { get; } = new("data", SettingKind.Path, "--data", "RUNNER_DATA", o => o.DataDirectory);

    public static NodeSetting Listen { get; } = new("listen", SettingKind.Text, "--listen", "RUNNER_LISTEN", o => o.Listen.ToString());

    public static NodeSetting Limit { get; } = new("limit", SettingKind.Whole, "--limit", "RUNNER_LIMIT", o => o.ProcessLimit);

    public static NodeSetting LogLevel { get; } = new("log-level", SettingKind.Text, "--log-level", "RUNNER_LOG_LEVEL", o => o.LogLevel.ToString().ToLowerInvariant());

    public static NodeSetting AllowHosts { get; } = new("allow-hosts", SettingKind.Names, "--allow-host", "RUNNER_ALLOW_HOST", o => o.AllowedHosts);

    public static NodeSetting Name { get; } = new("name", SettingKind.Text, "--name", "RUNNER_NODE_NAME", o => o.NodeName);

    public static NodeSetting PauseOnShutdown { get; } = new("pause-on-shutdown", SettingKind.Truth, "--no-pause-on-shutdown", "RUNNER_NO_PAUSE_ON_SHUTDOWN", o => o.PauseOnShutdown);

    public static NodeSetting MaxPendingCommands { get; } = new("max-pending-commands", SettingKind.Whole, null, "RUNNER_MAX_PENDING_COMMANDS", o => o.MaxPendingCommands);

    public static NodeSetting MaxFollowers { get; } = new("max-followers", SettingKind.Whole, null, "RUNNER_MAX_FOLLOWERS", o => o.MaxFollowers);

    public static NodeSetting MinFreeSpace { get; } = new("min-free-space", SettingKind.Size, null, "RUNNER_MIN_FREE_SPACE", o => o.MinFreeSpace);

    public static NodeSetting RetentionKeepFor { get; } = new(
        "retention.keep-for", SettingKind.Duration, null, "RUNNER_RETENTION_KEEP_FOR", o => o.RetentionKeepFor is { } time ? DurationText.Format(time) : Forever);

    public static NodeSetting RetentionKeepRuns { get; } = new(
        "retention.keep-runs", SettingKind.Text, null, "RUNNER_RETENTION_KEEP_RUNS", o => o.RetentionKeepRuns ?? (object)Everything);

    public static NodeSetting RetentionKeepAtLeast { get; } = new(
        "retention.keep-at-least", SettingKind.Duration, null, "RUNNER_RETENTION_KEEP_AT_LEAST", o => DurationText.Format(o.RetentionKeepAtLeast));

    public static NodeSetting LogFormat { get; } = new("log-format", SettingKind.Text, null, "RUNNER_LOG_FORMAT", o => o.LogFormat.ToString().ToLowerInvariant());

    public static NodeSetting LogFile { get; } = new("log-file", SettingKind.Path, null, "RUNNER_LOG_FILE", o => o.LogFile);

    public static NodeSetting OtlpEndpoint { get; } = new("telemetry.otlp.endpoint", SettingKind.Text, null, "RUNNER_TELEMETRY_OTLP_ENDPOINT", o => o.OtlpEndpoint?.AbsoluteUri);

    public static NodeSetting OtlpProtocol { get; } = new(
        "telemetry.otlp.protocol", SettingKind.Text, null, "RUNNER_TELEMETRY_OTLP_PROTOCOL", o => o.OtlpProtocol == Configuration.OtlpProtocol.Grpc ? "grpc" : "http/protobuf");

    /// <summary>Shown as set or not, never as it is.</summary>
    public static NodeSetting OtlpHeaders { get; } = new("telemetry.otlp.headers", SettingKind.Text, null, "RUNNER_TELEMETRY_OTLP_HEADERS", o => o.OtlpHeaders is null ? null : "(hidden)");

    public static NodeSetting EnvInherit { get; } = new(
        "env-inherit", SettingKind.Names, null, "RUNNER_ENV_INHERIT", o => o.EnvInherit is [ProgramEnvironment.Everything] ? Everything : (object)o.EnvInherit);

    public static NodeSetting UserFilesDirectory { get; } = new("user-files-dir", SettingKind.Path, null, "RUNNER_USER_FILES_DIR", o => o.UserFilesDirectory);

    public static NodeSetting OomScoreAdjust { get; } = new(
        "programs.oom-score-adjust", SettingKind.Text, null, "RUNNER_PROGRAMS_OOM_SCORE_ADJUST",
        o => o.Programs.OomScoreAdjust ?? (object)(o.Programs.InheritsOomScore ? Inherit : Auto));

    public static NodeSetting Nice { get; } = new("programs.nice", SettingKind.Text, null, "RUNNER_PROGRAMS_NICE", o => o.Programs.Nice ?? (object)Inherit);

    public static NodeSetting IoClass { get; } = new(
        "programs.io-class", SettingKind.Text, null, "RUNNER_PROGRAMS_IO_CLASS", o => ProgramAttributesReader.Text(o.Programs.Io) ?? Inherit);

    public static NodeSetting Cpus { get; } = new(
        "programs.cpus", SettingKind.Text, null, "RUNNER_PROGRAMS_CPUS", o => o.Programs.Cpus is { } cpus ? string.Join(',', cpus) : Inherit);

    public static NodeSetting OpenFiles { get; } = new(
        "programs.open-files", SettingKind.Text, null, "RUNNER_PROGRAMS_OPEN_FILES", o => o.ProgramOpenFilesSaid ?? (object)Auto);

    public static NodeSetting StoreKind { get; } = new("store.kind", SettingKind.Text, "--store", "RUNNER_STORE_KIND", o => o.StoreKind.ToString().ToLowerInvariant());

    /// <summary>Shown without its password.</summary>
    public static NodeSetting StoreConnection { get; } = new(
        "store.connection", SettingKind.Text, "--store-connection", "RUNNER_STORE_CONNECTION", o => o.StoreConnection?.ToString());

    public static NodeSetting StorePasswordFile { get; } = new(
        "store.password-file", SettingKind.Path, "--store-password-file", "RUNNER_STORE_PASSWORD_FILE", o => o.StorePasswordFile);

    /// <summary>In the order in which they are shown.</summary>
    public static ImmutableArray<NodeSetting> All { get; } =
    [
        Data, Listen, Limit, LogLevel, AllowHosts, Name, PauseOnShutdown, MaxPendingCommands, MaxFollowers, MinFreeSpace, EnvInherit, UserFilesDirectory,
        OomScoreAdjust, Nice, IoClass, Cpus, OpenFiles,
        StoreKind, StoreConnection, StorePasswordFile,
        RetentionKeepFor, RetentionKeepRuns, RetentionKeepAtLeast,
        LogFormat, LogFile, OtlpEndpoint, OtlpProtocol, OtlpHeaders,
    ];

    /// <summary>The path in a file.</summary>
    public string Path => $"{Section}.{Key}";
}
