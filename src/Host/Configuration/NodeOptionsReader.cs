using System.Collections.Immutable;
using System.Globalization;
using Runner.Actors.FlowRunners;
using Runner.Actors.Retention;
using Runner.Client;
using Runner.Messages;
using Serilog.Events;

namespace Runner.Host.Configuration;

/// <summary>
/// The one place where settings become <see cref="NodeOptions"/>: a flag beats its <c>RUNNER_…</c> variable, which beats
/// the file of <c>--config</c>, which beats the default.
/// Every mistake is reported at once, with where it was said. An empty variable counts as not set.
/// </summary>
/// <param name="variable">Reads an environment variable; null if it is not set.</param>
internal sealed class NodeOptionsReader(Func<string, string?> variable)
{
    private static readonly ImmutableArray<string> Levels = ["debug", "information", "warning", "error"];

    private static readonly ImmutableArray<string> PostgresPasswords = ["PGPASSWORD", "PGPASSFILE", "PGSSLKEY"];

    private readonly List<OptionMistake> _mistakes = [];
    private readonly Dictionary<NodeSetting, string> _origins = [];
    private readonly Dictionary<string, string> _named = [];
    private NodeConfigFile? _file;

    /// <summary>Where a setting that was read came from: a flag, a variable, <c>FILE:LINE</c>, or <c>default</c>.</summary>
    public string OriginOf(NodeSetting setting) => _origins.GetValueOrDefault(setting, NodeSetting.Default);

    /// <summary>The settings, or what is wrong with them; exactly one of the two is set.</summary>
    public (NodeOptions? Options, ImmutableArray<OptionMistake> Mistakes) Read(NodeFlags flags)
    {
        _mistakes.Clear();
        _origins.Clear();
        _named.Clear();
        _file = flags.Config is null ? null : NodeConfigFile.Read(flags.Config, Named, _mistakes.Add);
        var store = ReadStore(flags);
        var (programs, openFiles) = new ProgramAttributesReader(setting => Said(null, setting), variable, _mistakes.Add).Read();
        var options = new NodeOptions(
            ReadData(flags.Data),
            ReadListen(flags.Listen),
            (int)ReadWhole(NodeSetting.Limit, flags.Limit, "process limit", 1, NodeOptions.MaxProcessLimit, NodeOptions.DefaultProcessLimit),
            ReadLevel(flags.LogLevel),
            ReadHosts(flags.AllowHosts),
            ReadName(flags.Name),
            ReadPause(flags.NoPauseOnShutdown),
            (int)ReadWhole(NodeSetting.MaxPendingCommands, null, "number of commands", 1, NodeOptions.MaxGate, NodeOptions.DefaultPendingCommands),
            (int)ReadWhole(NodeSetting.MaxFollowers, null, "number of followers", 1, NodeOptions.MaxGate, NodeOptions.DefaultFollowers),
            ReadSize(NodeSetting.MinFreeSpace, null, "size", 0, NodeOptions.MaxFreeSpace, NodeOptions.DefaultFreeSpace))
        {
            RetentionKeepFor = ReadKeepFor(),
            RetentionKeepRuns = ReadKeepRuns(),
            RetentionKeepAtLeast = ReadDuration(
                NodeSetting.RetentionKeepAtLeast, null, "time to keep", TimeSpan.Zero, RetentionRule.Longest, NodeOptions.DefaultKeepAtLeast),
            StoreKind = store.Kind,
            StoreConnection = store.Connection,
            StorePasswordFile = store.PasswordFile,
            AkkaSaid = _file?.Akka,
            LogFormat = ReadLogFormat(),
            LogFile = ReadLogFile(),
            OtlpEndpoint = ReadOtlpEndpoint(),
            OtlpProtocol = ReadOtlpProtocol(),
            OtlpHeaders = ReadOtlpHeaders(),
            EnvInherit = ReadEnvInherit(),
            Programs = programs,
            ProgramOpenFilesSaid = openFiles,
            UserFilesDirectory = ReadUserFilesDirectory(),
        };
        options = options with { SecretVariables = SecretVariables(store, options.OtlpHeaders) };
        return _mistakes.Count == 0 ? (options, []) : (null, [.. _mistakes]);
    }

    private string ReadData(string? flag)
    {
        var (text, origin) = Said(flag, NodeSetting.Data);
        return text is not null && string.IsNullOrWhiteSpace(text)
            ? Wrong(origin, "expected a folder.", "")
            : Path.TrimEndingDirectorySeparator(DataFolder.Resolve(text, variable));
    }

    private ListenAddress ReadListen(string? flag)
    {
        var (text, origin) = Said(flag, NodeSetting.Listen);
        return text is null ? ListenAddress.Default
            : ListenAddress.TryParse(text, out var value) ? value
            : Wrong(origin, $"'{text}' is no address; expected {ListenAddress.Expected}.", ListenAddress.Default);
    }

    private LogEventLevel ReadLevel(string? flag)
    {
        var (text, origin) = Said(flag, NodeSetting.LogLevel);
        return text is null ? LogEventLevel.Warning
            : Levels.Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<LogEventLevel>(text, ignoreCase: true)
            : Wrong(origin, $"'{text}' is no log level; expected one of {string.Join(", ", Levels)}.", LogEventLevel.Warning);
    }

    private ImmutableArray<string> ReadHosts(string? flag)
    {
        var (text, origin) = Said(flag, NodeSetting.AllowHosts);
        var hosts = (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var host in hosts.Where(h => Uri.CheckHostName(h) == UriHostNameType.Unknown))
        {
            Wrong(origin, $"'{host}' is no host name; expected names without a port, separated by commas.", "");
        }

        return [.. hosts.Select(h => h.ToLowerInvariant())];
    }

    private string ReadName(string? flag)
    {
        var (text, origin) = Said(flag, NodeSetting.Name);
        origin = text is null ? NodeSetting.Name.Flag! : origin;
        text ??= Environment.MachineName.ToLowerInvariant();
        return text.Length <= 100 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? text
            : Wrong(origin, $"'{text}' is no node name; expected 1 to 100 letters, digits, '-', '_' or '.'.", "");
    }

    private bool ReadPause(bool noPause)
    {
        var setting = NodeSetting.PauseOnShutdown;
        var (text, origin) = Said(noPause ? "true" : null, setting);

        // The flag and the variable say the opposite of the file's key.
        var isNegative = noPause || variable(setting.Variable) is { Length: > 0 };
        return text?.ToUpperInvariant() switch
        {
            null => true,
            "0" or "FALSE" or "NO" => isNegative,
            "1" or "TRUE" or "YES" => !isNegative,
            _ => Wrong(origin, $"'{text}' is neither true nor false.", true),
        };
    }

    private TimeSpan? ReadKeepFor() => Said(null, NodeSetting.RetentionKeepFor).Text == NodeSetting.Forever
        ? null
        : ReadDuration(
            NodeSetting.RetentionKeepFor, null, $"time to keep, nor '{NodeSetting.Forever}'", TimeSpan.Zero, RetentionRule.Longest, NodeOptions.DefaultKeepFor);

    private long? ReadKeepRuns() => Said(null, NodeSetting.RetentionKeepRuns).Text is null or NodeSetting.Everything
        ? null
        : ReadWhole(NodeSetting.RetentionKeepRuns, null, $"number of runs, nor '{NodeSetting.Everything}'", 0, RetentionRule.Most, 0);

    private StoreOptions ReadStore(NodeFlags flags) => StoreOptions.Read(
        Said(flags.Store, NodeSetting.StoreKind), Said(flags.StoreConnection, NodeSetting.StoreConnection),
        Said(flags.StorePasswordFile, NodeSetting.StorePasswordFile), _mistakes.Add);

    private LogFormat ReadLogFormat()
    {
        var (text, origin) = Said(null, NodeSetting.LogFormat);
        return text?.ToUpperInvariant() switch
        {
            null or "CONSOLE" => LogFormat.Console,
            "JSON" => LogFormat.Json,
            _ => Wrong(origin, $"'{text}' is no log format; expected console or json.", LogFormat.Console),
        };
    }

    private ImmutableArray<string> ReadEnvInherit()
    {
        var (text, origin) = Said(null, NodeSetting.EnvInherit);
        if (text is null or NodeSetting.Everything)
        {
            return ProgramEnvironment.Default.Inherit;
        }

        ImmutableArray<string> names = [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        return names.FirstOrDefault(n => ProgramEnvironment.ProblemOf(n) is not null) is { } wrong
            ? Wrong(origin, $"'{wrong}': {ProgramEnvironment.ProblemOf(wrong)}, or '{NodeSetting.Everything}'.", names)
            : names;
    }

    /// <summary>
    /// The variables that hold the node's own secrets beside those that are never a program's: what its settings file names for a password or for
    /// headers, and what PostgreSQL's client takes its password from.
    /// </summary>
    private ImmutableArray<string> SecretVariables(StoreOptions store, string? headers)
    {
        var shown = store.Connection?.ToString() ?? "";
        return
        [
            .. store.Kind == StoreKind.PostgreSql ? PostgresPasswords : [],
            .. _named.Where(v => headers?.Contains(v.Value, StringComparison.Ordinal) == true
                || (store.Connection?.Value.Contains(v.Value, StringComparison.Ordinal) == true && !shown.Contains(v.Value, StringComparison.Ordinal))).Select(v => v.Key),
        ];
    }

    /// <summary>A variable that the settings file names.</summary>
    private string? Named(string name)
    {
        var value = variable(name);
        if (value is { Length: > 0 })
        {
            _named[name] = value;
        }

        return value;
    }

    private string ReadUserFilesDirectory()
    {
        var (text, origin) = Said(null, NodeSetting.UserFilesDirectory);
        return text is null ? SubprocessOptions.DefaultUserFilesDirectory
            : string.IsNullOrWhiteSpace(text) ? Wrong(origin, "expected a folder.", "")
            : Path.GetFullPath(text);
    }

    private string? ReadLogFile()
    {
        var (text, origin) = Said(null, NodeSetting.LogFile);
        return text is null ? null
            : string.IsNullOrWhiteSpace(text) ? Wrong<string?>(origin, "expected a file.", null)
            : Path.GetFullPath(text);
    }

    private Uri? ReadOtlpEndpoint()
    {
        var (text, origin) = SaidOrStandard(NodeSetting.OtlpEndpoint, "OTEL_EXPORTER_OTLP_ENDPOINT");
        return text is null ? null
            : !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0
                ? Wrong<Uri?>(origin, "expected the address of a collector, such as http://127.0.0.1:4317.", null)
            : uri.UserInfo.Length > 0 ? Wrong<Uri?>(origin, "a name or password has no place in the address; set telemetry.otlp.headers.", null)
            : uri;
    }

    private OtlpProtocol ReadOtlpProtocol()
    {
        var (text, origin) = SaidOrStandard(NodeSetting.OtlpProtocol, "OTEL_EXPORTER_OTLP_PROTOCOL");
        return text?.ToUpperInvariant() switch
        {
            null or "GRPC" => OtlpProtocol.Grpc,
            "HTTP/PROTOBUF" => OtlpProtocol.HttpProtobuf,
            _ => Wrong(origin, $"'{text}' is no protocol of a collector; expected grpc or http/protobuf.", OtlpProtocol.Grpc),
        };
    }

    /// <summary>Never repeated in a message: it is there to hold a secret.</summary>
    private string? ReadOtlpHeaders()
    {
        var (text, origin) = SaidOrStandard(NodeSetting.OtlpHeaders, "OTEL_EXPORTER_OTLP_HEADERS");
        return text is null || Array.TrueForAll(text.Split(','), pair => pair.IndexOf('=', StringComparison.Ordinal) > 0 && !pair.Any(char.IsControl)) ? text
            : Wrong<string?>(origin, "expected name=value pairs with commas between them.", null);
    }

    /// <summary>As set for this node, else as OpenTelemetry's own variable says for every program.</summary>
    private (string? Text, string Origin) SaidOrStandard(NodeSetting setting, string standard)
    {
        var said = Said(null, setting);
        if (said.Text is not null || variable(standard) is not { Length: > 0 } text)
        {
            return said;
        }

        _origins[setting] = $"the variable {standard}";
        return (text, _origins[setting]);
    }

    /// <param name="what">How a message calls it: «process limit».</param>
    private long ReadWhole(NodeSetting setting, string? flag, string what, long least, long most, long otherwise)
    {
        var (text, origin) = Said(flag, setting);
        return text is null ? otherwise
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
            : Wrong(origin, $"'{text}' is no {what}; expected a whole number from {least} to {most}.", otherwise);
    }

    private TimeSpan ReadDuration(NodeSetting setting, string? flag, string what, TimeSpan least, TimeSpan most, TimeSpan otherwise)
    {
        var (text, origin) = Said(flag, setting);
        return text is null ? otherwise
            : DurationText.TryParse(text, out var value) && value >= least && value <= most ? value
            : Wrong(origin, $"'{text}' is no {what}; expected {DurationText.Expected}, from {DurationText.Format(least)} to {DurationText.Format(most)}.", otherwise);
    }

    private long ReadSize(NodeSetting setting, string? flag, string what, long least, long most, long otherwise)
    {
        var (text, origin) = Said(flag, setting);
        return text is null ? otherwise
            : SizeText.TryParse(text, out var value) && value >= least && value <= most ? value
            : Wrong(origin, $"'{text}' is no {what}; expected bytes from {least} to {most}, or a size such as 256MiB.", otherwise);
    }

    private (string? Text, string Origin) Said(string? flag, NodeSetting setting)
    {
        (string? Text, string Origin) said = flag is not null ? (flag, setting.Flag!)
            : variable(setting.Variable) is { Length: > 0 } set ? (set, $"the variable {setting.Variable}")
            : _file?.Find(setting) is { } value ? value
            : (null, NodeSetting.Default);
        _origins[setting] = said.Origin;
        return said;
    }

    private T Wrong<T>(string origin, string message, T instead)
    {
        _mistakes.Add(new OptionMistake(origin, message));
        return instead;
    }
}
