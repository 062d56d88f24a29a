using System.Collections.Immutable;
using System.Net;
using Runner.Actors.FlowRunners;
using Runner.Actors.Retention;
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

    /// <summary>A mapping of names to texts.</summary>
    Labels,

    /// <summary>As HOCON writes it (<c>30 days</c>) or as flags do (<c>1h30m</c>).</summary>
    Duration,

    /// <summary>Bytes, with a unit or without: <c>256 MiB</c>.</summary>
    Size,
}

/// <summary>
/// One setting of a node: all that is said of it. The reader, `config show` and the flags are fed from here; <c>hocon/runner.conf</c> and
/// <c>docs/configuration.md</c> say the same, and tests compare them.
/// </summary>
internal sealed class NodeSetting
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

    private const int MostGate = 100_000;

    private static readonly List<NodeSetting> Declared = [];

    private NodeSetting(string key, SettingKind kind, string says, string? otherwise, Func<NodeOptions, object?> value)
    {
        (Key, Kind, Says, Otherwise, Value) = (key, kind, says, otherwise, value);
        Variable = $"RUNNER_{key.ToUpperInvariant().Replace('.', '_').Replace('-', '_')}";
        Declared.Add(this);
    }

    public static NodeSetting Data { get; } = new(
        "data", SettingKind.Path, "Where the node keeps everything: store, output, token", null, o => o.DataDirectory)
        { Flag = ("--data", "DIR"), OtherwiseSays = "$XDG_DATA_HOME/runner-actors, else ~/.local/share/runner-actors" };
    public static NodeSetting Listen { get; } = new(
        "listen", SettingKind.Text, "Where the API listens: HOST:PORT. Port 0 takes a free one", ListenAddress.Default.ToString(),
        o => o.Listen.ToString())
        { Flag = ("--listen", "HOST:PORT") };
    public static NodeSetting ApiTlsCertificateFile { get; } = new(
        "api.tls.certificate-file", SettingKind.Path, "The file with the API's certificate (PEM), which it shows to clients", null,
        o => o.ApiTlsCertificateFile);
    public static NodeSetting ApiTlsKeyFile { get; } = new(
        "api.tls.key-file", SettingKind.Path, "The file with that certificate's private key (PEM), which its owner alone may read", null,
        o => o.ApiTlsKeyFile);
    public static NodeSetting ApiTlsCaFile { get; } = new(
        "api.tls.ca-file", SettingKind.Path, "The file with the certificates (PEM) of whoever signs those of other nodes' APIs", null,
        o => o.ApiTlsCaFile) { OtherwiseSays = "cluster.tls.ca-file, else whom the machine trusts" };
    public static NodeSetting ApiAllowPlain { get; } = new(
        "api.allow-plain", SettingKind.Truth, "Whether the API may be reached from other machines without TLS", "false", o => o.ApiAllowPlain);
    public static NodeSetting Limit { get; } = new(
        "limit", SettingKind.Whole, "How many programs run at once on this node", "100", o => o.ProcessLimit)
        { Flag = ("--limit", "N"), Range = (1, 100_000) };
    public static NodeSetting LogLevel { get; } = new(
        "log-level", SettingKind.Text, "What is logged on standard error", "warning", o => Lower(o.LogLevel))
        { Flag = ("--log-level", "LEVEL"), Words = ["debug", "information", "warning", "error"] };
    public static NodeSetting AllowHosts { get; } = new(
        "allow-hosts", SettingKind.Names, "Host names, without a port, by which the API may be called beside localhost and the address it listens on",
        null, o => o.AllowedHosts)
        { Flag = ("--allow-host", "NAMES"), Variable = "RUNNER_ALLOW_HOST",
          FlagSays = "Host names, separated by commas, by which the API may be called beside localhost and the address it listens on" };
    public static NodeSetting Name { get; } = new(
        "name", SettingKind.Text, "What the node calls itself in a run's history", null, o => o.NodeName)
        { Flag = ("--name", "NAME"), Variable = "RUNNER_NODE_NAME", OtherwiseSays = "the machine's name" };
    public static NodeSetting Labels { get; } = new(
        "labels", SettingKind.Labels, "What the node has that others may not have: a deployment's requires goes by it", null,
        o => o.Labels.Select(label => $"{label.Key}={label.Value}").ToImmutableArray())
        { Flag = ("--label", "NAME=VALUE"),
          FlagSays = "What the node has that others may not have, for a deployment's requires; may be given several times" };
    public static NodeSetting PauseOnShutdown { get; } = new(
        "pause-on-shutdown", SettingKind.Truth, "Whether `runner serve` pauses its deployments' schedules when it stops", "true",
        o => o.PauseOnShutdown)
        { Flag = ("--no-pause-on-shutdown", null), Variable = "RUNNER_NO_PAUSE_ON_SHUTDOWN",
          FlagSays = "Leave the schedules active when the node stops, so that missed runs are caught up" };
    public static NodeSetting MaxPendingCommands { get; } = new(
        "max-pending-commands", SettingKind.Whole, "How many commands that make work (submit, deploy, retry) are under way at once", "1000",
        o => o.MaxPendingCommands) { Range = (1, MostGate) };
    public static NodeSetting MaxFollowers { get; } = new(
        "max-followers", SettingKind.Whole, "How many streams of states and output are open at once", "4000", o => o.MaxFollowers)
        { Range = (1, MostGate) };
    public static NodeSetting MinFreeSpace { get; } = new(
        "min-free-space", SettingKind.Size, "With less than this free on the data folder's disk no program is started and nothing new is taken",
        "256 MiB", o => o.MinFreeSpace)
        { Range = (0, 1L << 50) };
    public static NodeSetting EnvInherit { get; } = new(
        "env-inherit", SettingKind.Names, "Which of the variables that the node was started with its programs get", Everything,
        o => o.EnvInherit is [ProgramEnvironment.Everything] ? Everything : (object)o.EnvInherit);
    public static NodeSetting UserFilesDirectory { get; } = new(
        "user-files-dir", SettingKind.Path, "Where programs under another user find their large parameters and leave their results",
        SubprocessOptions.DefaultUserFilesDirectory,
        o => o.UserFilesDirectory);
    public static NodeSetting OomScoreAdjust { get; } = new(
        "programs.oom-score-adjust", SettingKind.Text, "How willingly the kernel kills a program when memory runs out", Auto,
        o => o.Programs.OomScoreAdjust ?? (object)(o.Programs.InheritsOomScore ? Inherit : Auto))
        { Range = (ProgramAttributes.LeastOomScoreAdjust, ProgramAttributes.MostOomScoreAdjust), Words = [Auto, Inherit] };
    public static NodeSetting Nice { get; } = new(
        "programs.nice", SettingKind.Text, "Niceness, of which the least is the most favoured", Inherit, o => o.Programs.Nice ?? (object)Inherit)
        { Range = (ProgramAttributes.LeastNice, ProgramAttributes.MostNice), Words = [Inherit] };
    public static NodeSetting IoClass { get; } = new(
        "programs.io-class", SettingKind.Text, "How their reading and writing is served", Inherit,
        o => ProgramAttributesReader.Text(o.Programs.Io) ?? Inherit);
    public static NodeSetting Cpus { get; } = new(
        "programs.cpus", SettingKind.Text, "The processors they run on, such as 0-3,6", Inherit,
        o => o.Programs.Cpus is { } cpus ? string.Join(',', cpus) : Inherit);
    public static NodeSetting OpenFiles { get; } = new(
        "programs.open-files", SettingKind.Text, "The soft limit of open files", Auto, o => o.ProgramOpenFilesSaid ?? (object)Auto)
        { Range = (1, ProgramAttributes.MostOpenFiles), Words = [Auto] };
    public static NodeSetting StoreKind { get; } = new(
        "store.kind", SettingKind.Text, "What keeps deployments, runs and their history", "sqlite", o => Lower(o.StoreKind))
        { Flag = ("--store", "KIND"), Words = ["sqlite", "postgresql"],
          FlagSays = "Where deployments and runs are kept: sqlite (in the data folder, the default) or postgresql" };
    /// <summary>Shown without its password.</summary>
    public static NodeSetting StoreConnection { get; } = new(
        "store.connection", SettingKind.Text, "How PostgreSQL is reached: \"Host=db;Database=runner;Username=runner\"", null,
        o => o.StoreConnection?.ToString())
        { Flag = ("--store-connection", "TEXT"),
          FlagSays = "How PostgreSQL is reached, without a password: \"Host=db;Database=runner;Username=runner\"" };
    public static NodeSetting StorePasswordFile { get; } = new(
        "store.password-file", SettingKind.Path, "The file that holds PostgreSQL's password and nothing else, which its owner alone may read", null,
        o => o.StorePasswordFile) { Flag = ("--store-password-file", "FILE") };
    public static NodeSetting ClusterJoin { get; } = new(
        "cluster.join", SettingKind.Text, "Whether the node is one of a cluster, and how it finds the others", "none",
        o => o.ClusterJoin == Configuration.ClusterJoin.SeedNodes ? "seed-nodes" : Lower(o.ClusterJoin))
        { Words = ["none", "database", "seed-nodes", "kubernetes"] };
    public static NodeSetting ClusterHost { get; } = new(
        "cluster.host", SettingKind.Text, "The name or address by which the other nodes reach this one", null, o => o.ClusterHost)
        { OtherwiseSays = "the machine's name" };
    public static NodeSetting ClusterPort { get; } = new(
        "cluster.port", SettingKind.Whole, "The port at which the other nodes reach this one; 0 takes a free one", "4290", o => o.ClusterPort)
        { Range = (0, IPEndPoint.MaxPort) };
    public static NodeSetting ClusterBindHost { get; } = new(
        "cluster.bind-host", SettingKind.Text, "The name or address that the node listens on for the others", null, o => o.ClusterBindHost)
        { OtherwiseSays = "cluster.host" };
    public static NodeSetting ClusterTlsCertificateFile { get; } = new(
        "cluster.tls.certificate-file", SettingKind.Path, "The file with the node's certificate (PEM), which it shows to the other nodes", null,
        o => o.ClusterTlsCertificateFile);
    public static NodeSetting ClusterTlsKeyFile { get; } = new(
        "cluster.tls.key-file", SettingKind.Path, "The file with the certificate's private key (PEM), which its owner alone may read", null,
        o => o.ClusterTlsKeyFile);
    public static NodeSetting ClusterTlsCaFile { get; } = new(
        "cluster.tls.ca-file", SettingKind.Path, "The file with the certificates (PEM) of whoever signs those of nodes, and of nobody else", null,
        o => o.ClusterTlsCaFile);
    public static NodeSetting ClusterAllowPlain { get; } = new(
        "cluster.allow-plain", SettingKind.Truth, "Whether the node may be reached from other machines without TLS", "false",
        o => o.ClusterAllowPlain);
    public static NodeSetting ClusterFastDowning { get; } = new(
        "cluster.fast-downing", SettingKind.Truth,
        "Whether a node is taken out of the cluster at once when its machine refuses connections to it", "true", o => o.ClusterFastDowning);
    public static NodeSetting ClusterSecretFile { get; } = new(
        "cluster.secret-file", SettingKind.Path, "The file with the cluster's secret, which every node has and its owner alone may read", null,
        o => o.ClusterSecretFile);
    public static NodeSetting RetentionKeepFor { get; } = new(
        "retention.keep-for", SettingKind.Duration, "How long after its end a run is kept", "30d",
        o => o.RetentionKeepFor is { } time ? DurationText.Format(time) : Forever) { Range = (0, RetentionRule.Longest.Ticks), Words = [Forever] };
    public static NodeSetting RetentionKeepRuns { get; } = new(
        "retention.keep-runs", SettingKind.Text, "How many of the newest ended runs are kept, of all deployments together", Everything,
        o => o.RetentionKeepRuns ?? (object)Everything) { Range = (0, RetentionRule.Most), Words = [Everything] };
    public static NodeSetting RetentionKeepAtLeast { get; } = new(
        "retention.keep-at-least", SettingKind.Duration, "What ended more recently than this is kept in any case", "1h",
        o => DurationText.Format(o.RetentionKeepAtLeast)) { Range = (0, RetentionRule.Longest.Ticks) };
    public static NodeSetting LogFormat { get; } = new(
        "log-format", SettingKind.Text, "How the log is written on standard error", "console", o => Lower(o.LogFormat))
        { Words = ["console", "json"] };
    public static NodeSetting LogFile { get; } = new(
        "log-file", SettingKind.Path, "A file the log goes to as well, in the same format: up to 10 files of 64 MiB", null, o => o.LogFile);
    public static NodeSetting OtlpEndpoint { get; } = new(
        "telemetry.otlp.endpoint", SettingKind.Text, "The address of a collector of OpenTelemetry that metrics and traces are sent to", null,
        o => o.OtlpEndpoint?.AbsoluteUri) { Standard = "OTEL_EXPORTER_OTLP_ENDPOINT" };
    public static NodeSetting OtlpProtocol { get; } = new(
        "telemetry.otlp.protocol", SettingKind.Text, "How the collector is spoken to", "grpc",
        o => o.OtlpProtocol == Configuration.OtlpProtocol.Grpc ? "grpc" : "http/protobuf")
        { Standard = "OTEL_EXPORTER_OTLP_PROTOCOL", Words = ["grpc", "http/protobuf"] };
    /// <summary>Shown as set or not, never as it is.</summary>
    public static NodeSetting OtlpHeaders { get; } = new(
        "telemetry.otlp.headers", SettingKind.Text, "What is sent to the collector with every request: name=value with commas between", null,
        o => o.OtlpHeaders is null ? null : "(hidden)") { Standard = "OTEL_EXPORTER_OTLP_HEADERS" };

    /// <summary>In the order in which they are shown.</summary>
    public static IReadOnlyList<NodeSetting> All => Declared;

    /// <summary>Inside <c>runner { … }</c> of a settings file; a dot stands between a group and its setting.</summary>
    public string Key { get; }

    public SettingKind Kind { get; }

    /// <summary>What it is, without its bounds.</summary>
    public string Says { get; }

    /// <summary>What it is if nobody sets it, written as in a file; null for one that is off, or that the machine decides.</summary>
    public string? Otherwise { get; }

    /// <summary>What people are told in place of <see cref="Otherwise"/>.</summary>
    public string? OtherwiseSays { get; private init; }

    /// <summary>A string, an int, a long, a bool, an array of strings, or null for one that is off.</summary>
    public Func<NodeOptions, object?> Value { get; }

    /// <summary>With what is called its value in a help text, if it takes one; null for a setting that has none.</summary>
    public (string Name, string? Value)? Flag { get; private init; }

    /// <summary>What the flag does, where it says the opposite of the setting; the variable does, too.</summary>
    public string? FlagSays { get; private init; }

    public string Variable { get; private init; }

    /// <summary>The variable of OpenTelemetry that counts where <see cref="Variable"/> is not set.</summary>
    public string? Standard { get; private init; }

    /// <summary>Of a number; in ticks of a duration, in bytes of a size.</summary>
    public (long Least, long Most)? Range { get; private init; }

    /// <summary>What it may be; beside a number in its range, if it has one.</summary>
    public ImmutableArray<string> Words { get; private init; } = [];

    /// <summary>The path in a file.</summary>
    public string Path => $"{Section}.{Key}";

    /// <summary>What it is and may be, as `--help`, the documentation and <c>hocon/runner.conf</c> say it.</summary>
    public string Sentence => (Kind == SettingKind.Size ? null : Range, Words) switch
    {
        (null, []) => Says,
        (null, var words) => $"{Says}: {Choice(words)}",
        ({ } range, var words) => $"{Says}: {Written(range.Least)} to {Written(range.Most)}{(words is [] ? "" : $", or {Choice(words)}")}",
    };

    /// <summary>For a flag: what it is, and where else and to what it is set.</summary>
    public string Help =>
        FlagSays is not null ? $"{FlagSays} ({Variable})."
        : $"{Sentence} ({Variable}{((OtherwiseSays ?? Otherwise) is { } otherwise ? $"; default: {otherwise}" : "")}).";

    /// <summary><c>a, b or c</c>.</summary>
    public static string Choice(ImmutableArray<string> words) =>
        words is [.. { Length: > 0 } first, var last] ? $"{string.Join(", ", first)} or {last}" : words[0];

    private string Written(long bound) =>
        Kind == SettingKind.Duration ? DurationText.Format(new TimeSpan(bound)) : bound.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Lower(Enum value) => value.ToString().ToLowerInvariant();
}
