using System.Collections.Immutable;
using System.Globalization;
using Runner.Actors.FlowRunners;
using Runner.Client;
using Runner.Host.Cluster;
using Runner.Messages;
using Runner.Messages.Deployments;
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
    private static readonly ImmutableArray<string> PostgresPasswords = ["PGPASSWORD", "PGPASSFILE", "PGSSLKEY"];

    private readonly List<OptionMistake> _mistakes = [];
    private readonly Dictionary<NodeSetting, string> _origins = [];
    private readonly Dictionary<string, string> _named = [];
    private NodeFlags _flags = new();
    private NodeConfigFile? _file;

    /// <summary>Where a setting that was read came from: a flag, a variable, <c>FILE:LINE</c>, or <c>default</c>.</summary>
    public string OriginOf(NodeSetting setting) => _origins.GetValueOrDefault(setting, NodeSetting.Default);

    /// <summary>The settings, or what is wrong with them; exactly one of the two is set.</summary>
    // In one piece: a line for each setting, which the compiler asks for.
    public (NodeOptions? Options, ImmutableArray<OptionMistake> Mistakes) Read(NodeFlags flags)
    {
        _mistakes.Clear();
        _origins.Clear();
        _named.Clear();
        _flags = flags;
        _file = flags.Config is null ? null : NodeConfigFile.Read(flags.Config, Named, _mistakes.Add);
        var store = ReadStore();
        var (programs, openFiles) = new ProgramAttributesReader(Said, variable, _mistakes.Add).Read();
        var options = new NodeOptions
        {
            DataDirectory = ReadData(),
            Listen = ReadListen(),
            ApiTlsCertificateFile = ReadPath(NodeSetting.ApiTlsCertificateFile, "file"),
            ApiTlsKeyFile = ReadPath(NodeSetting.ApiTlsKeyFile, "file"),
            ApiTlsCaFile = ReadPath(NodeSetting.ApiTlsCaFile, "file"),
            ApiAllowPlain = ReadTruth(NodeSetting.ApiAllowPlain),
            ProcessLimit = (int)ReadWhole(NodeSetting.Limit, "process limit"),
            LogLevel = ReadWord<LogEventLevel>(NodeSetting.LogLevel, "log level"),
            AllowedHosts = ReadHosts(),
            NodeName = ReadName(),
            Labels = ReadLabels(),
            PauseOnShutdown = ReadPause(),
            MaxPendingCommands = (int)ReadWhole(NodeSetting.MaxPendingCommands, "number of commands"),
            MaxFollowers = (int)ReadWhole(NodeSetting.MaxFollowers, "number of followers"),
            MinFreeSpace = ReadSize(NodeSetting.MinFreeSpace, "size"),
            RetentionKeepFor = Said(NodeSetting.RetentionKeepFor).Text == NodeSetting.Forever ? null
                : ReadDuration(NodeSetting.RetentionKeepFor, $"time to keep, nor '{NodeSetting.Forever}'"),
            RetentionKeepRuns = Said(NodeSetting.RetentionKeepRuns).Text == NodeSetting.Everything ? null
                : ReadWhole(NodeSetting.RetentionKeepRuns, $"number of runs, nor '{NodeSetting.Everything}'"),
            RetentionKeepAtLeast = ReadDuration(NodeSetting.RetentionKeepAtLeast, "time to keep"),
            StoreKind = store.Kind,
            StoreConnection = store.Connection,
            StorePasswordFile = store.PasswordFile,
            ClusterJoin = ReadWord<ClusterJoin>(NodeSetting.ClusterJoin, "way to find other nodes"),
            ClusterHost = ReadHost(NodeSetting.ClusterHost),
            ClusterPort = (int)ReadWhole(NodeSetting.ClusterPort, "port"),
            ClusterBindHost = ReadHost(NodeSetting.ClusterBindHost),
            ClusterTlsCertificateFile = ReadPath(NodeSetting.ClusterTlsCertificateFile, "file"),
            ClusterTlsKeyFile = ReadPath(NodeSetting.ClusterTlsKeyFile, "file"),
            ClusterTlsCaFile = ReadPath(NodeSetting.ClusterTlsCaFile, "file"),
            ClusterAllowPlain = ReadTruth(NodeSetting.ClusterAllowPlain),
            ClusterFastDowning = ReadTruth(NodeSetting.ClusterFastDowning),
            ClusterSecretFile = ReadClusterSecret(),
            LogFormat = ReadWord<LogFormat>(NodeSetting.LogFormat, "log format"),
            LogFile = ReadPath(NodeSetting.LogFile, "file"),
            OtlpEndpoint = ReadOtlpEndpoint(),
            OtlpProtocol = ReadWord<OtlpProtocol>(NodeSetting.OtlpProtocol, "protocol of a collector"),
            OtlpHeaders = ReadOtlpHeaders(),
            EnvInherit = ReadEnvInherit(),
            Programs = programs,
            ProgramOpenFilesSaid = openFiles,
            UserFilesDirectory = ReadPath(NodeSetting.UserFilesDirectory, "folder")!,
        };
        ClusterOptions.Check(options, OriginOf, _mistakes.Add);
        CheckApiTls(options);
        options = options with { SecretVariables = SecretVariables(store, options.OtlpHeaders), AkkaSaid = ReadAkka(options.Cluster) };
        return _mistakes.Count == 0 ? (options, []) : (null, [.. _mistakes]);
    }

    private string ReadData()
    {
        var (text, origin) = Said(NodeSetting.Data);
        return text is not null && string.IsNullOrWhiteSpace(text)
            ? Wrong(origin, "expected a folder.", "")
            : Path.TrimEndingDirectorySeparator(DataFolder.Resolve(text, variable));
    }

    private void CheckApiTls(NodeOptions options)
    {
        NodeSetting[] files = [NodeSetting.ApiTlsCertificateFile, NodeSetting.ApiTlsKeyFile];
        if (Array.Find(files, f => f.Value(options) is not null) is { } one && Array.Find(files, f => f.Value(options) is null) is { } other)
        {
            Wrong(OriginOf(one), $"the API's TLS needs a certificate and its key; set {other.Path}, too.", 0);
        }
    }

    private ListenAddress ReadListen()
    {
        var (text, origin) = Said(NodeSetting.Listen);
        return ListenAddress.TryParse(text!, out var value) ? value
            : Wrong(origin, $"'{text}' is no address; expected {ListenAddress.Expected}.", ListenAddress.Default);
    }

    private ImmutableArray<string> ReadHosts()
    {
        var (text, origin) = Said(NodeSetting.AllowHosts);
        var hosts = (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var host in hosts.Where(h => Uri.CheckHostName(h) == UriHostNameType.Unknown))
        {
            Wrong(origin, $"'{host}' is no host name; expected names without a port, separated by commas.", "");
        }

        return [.. hosts.Select(h => h.ToLowerInvariant())];
    }

    private string ReadName()
    {
        var (text, origin) = Said(NodeSetting.Name);
        origin = text is null ? NodeSetting.Name.Flag!.Value.Name : origin;
        text ??= Environment.MachineName.ToLowerInvariant();
        return text.Length <= 100 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? text
            : Wrong(origin, $"'{text}' is no node name; expected 1 to 100 letters, digits, '-', '_' or '.'.", "");
    }

    private ImmutableSortedDictionary<string, string> ReadLabels()
    {
        var (text, origin) = Said(NodeSetting.Labels);
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var label in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (name, value) = label.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? (label[..at], label[(at + 1)..]) : (label, null);
            if (value is null)
            {
                Wrong(origin, $"'{label}' is no label; expected NAME=VALUE.", "");
            }
            else if ((NodeLabels.ProblemOfName(name) ?? NodeLabels.ProblemOfValue(value)) is { } problem)
            {
                Wrong(origin, $"'{label}' is no label; {problem}.", "");
            }
            else if (!labels.TryAdd(name, value))
            {
                Wrong(origin, $"the label '{name}' is there twice; a label has one value.", "");
            }
        }

        return labels.Count <= NodeLabels.Most ? labels.ToImmutable()
            : Wrong(origin, $"there are {labels.Count} labels; at most {NodeLabels.Most} are possible.", labels.ToImmutable());
    }

    private bool ReadPause()
    {
        var setting = NodeSetting.PauseOnShutdown;

        // The flag and the variable say the opposite of the file's key.
        var isNegative = _flags[setting] is not null || variable(setting.Variable) is { Length: > 0 };
        return ReadTruth(setting) != isNegative;
    }

    private bool ReadTruth(NodeSetting setting)
    {
        var (text, origin) = Said(setting);
        return text!.ToUpperInvariant() switch
        {
            "0" or "FALSE" or "NO" => false,
            "1" or "TRUE" or "YES" => true,
            _ => Wrong(origin, $"'{text}' is neither true nor false.", true),
        };
    }

    /// <summary>A host without a port.</summary>
    private string? ReadHost(NodeSetting setting)
    {
        var (text, origin) = Said(setting);
        return text is null ? null
            : Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6 ? text.Trim('[', ']')
            : Wrong<string?>(origin, $"'{text}' is no host; expected a name or an address, without a port.", null);
    }

    /// <summary>Those of the file over the defaults of a node as the other settings make it.</summary>
    private AkkaSettings? ReadAkka(ClusterOptions cluster) =>
        _file is null && !cluster.IsCluster ? null
            : NodeConfigFile.AkkaOf(_file, cluster, OriginOf(NodeSetting.ClusterJoin), _mistakes.Add);

    private StoreOptions ReadStore()
    {
        var kind = ReadWord<StoreKind>(NodeSetting.StoreKind, "kind of store");
        return StoreOptions.Read(
            kind, OriginOf(NodeSetting.StoreKind), Said(NodeSetting.StoreConnection), Said(NodeSetting.StorePasswordFile), _mistakes.Add);
    }

    private string? ReadClusterSecret()
    {
        var path = ReadPath(NodeSetting.ClusterSecretFile, "file");
        return path is null || ClusterSecret.Wrong(path) is not { } wrong ? path
            : Wrong<string?>(OriginOf(NodeSetting.ClusterSecretFile), wrong, null);
    }

    private ImmutableArray<string> ReadEnvInherit()
    {
        var (text, origin) = Said(NodeSetting.EnvInherit);
        if (text == NodeSetting.Everything)
        {
            return ProgramEnvironment.Default.Inherit;
        }

        ImmutableArray<string> names = [.. text!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
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
                || (store.Connection?.Value.Contains(v.Value, StringComparison.Ordinal) == true
                    && !shown.Contains(v.Value, StringComparison.Ordinal))).Select(v => v.Key),
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

    private string? ReadPath(NodeSetting setting, string what)
    {
        var (text, origin) = Said(setting);
        return text is null ? null
            : string.IsNullOrWhiteSpace(text) ? Wrong<string?>(origin, $"expected a {what}.", null)
            : Path.GetFullPath(text);
    }

    private Uri? ReadOtlpEndpoint()
    {
        var (text, origin) = Said(NodeSetting.OtlpEndpoint);
        return text is null ? null
            : !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0
                ? Wrong<Uri?>(origin, "expected the address of a collector, such as http://127.0.0.1:4317.", null)
            : uri.UserInfo.Length > 0 ? Wrong<Uri?>(origin, "a name or password has no place in the address; set telemetry.otlp.headers.", null)
            : uri;
    }

    /// <summary>Never repeated in a message: it is there to hold a secret.</summary>
    private string? ReadOtlpHeaders()
    {
        var (text, origin) = Said(NodeSetting.OtlpHeaders);
        return text is null
            || Array.TrueForAll(text.Split(','), pair => pair.IndexOf('=', StringComparison.Ordinal) > 0 && !pair.Any(char.IsControl)) ? text
            : Wrong<string?>(origin, "expected name=value pairs with commas between them.", null);
    }

    /// <summary>One of a setting's words.</summary>
    private T ReadWord<T>(NodeSetting setting, string what)
        where T : struct, Enum
    {
        var (text, origin) = Said(setting);
        return setting.Words.Contains(text!, StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<T>(text!.Replace("/", "").Replace("-", ""), ignoreCase: true)
            : Wrong(origin, $"'{text}' is no {what}; expected {NodeSetting.Choice(setting.Words)}.", default(T));
    }

    /// <param name="what">How a message calls it: «process limit».</param>
    private long ReadWhole(NodeSetting setting, string what)
    {
        var (text, origin) = Said(setting);
        var (least, most) = setting.Range!.Value;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
            : Wrong(origin, $"'{text}' is no {what}; expected a whole number from {least} to {most}.", 0);
    }

    private TimeSpan ReadDuration(NodeSetting setting, string what)
    {
        var (text, origin) = Said(setting);
        var (least, most) = (new TimeSpan(setting.Range!.Value.Least), new TimeSpan(setting.Range.Value.Most));
        return DurationText.TryParse(text, out var value) && value >= least && value <= most ? value
            : Wrong(
                origin, $"'{text}' is no {what}; expected {DurationText.Expected}, from {DurationText.Format(least)} to {DurationText.Format(most)}.",
                default(TimeSpan));
    }

    private long ReadSize(NodeSetting setting, string what)
    {
        var (text, origin) = Said(setting);
        var (least, most) = setting.Range!.Value;
        return SizeText.TryParse(text!, out var value) && value >= least && value <= most ? value
            : Wrong(origin, $"'{text}' is no {what}; expected bytes from {least} to {most}, or a size such as 256MiB.", 0);
    }

    /// <summary>As typed, as a variable or the file says, else the default; null for a setting that is off or that the machine decides.</summary>
    private (string? Text, string Origin) Said(NodeSetting setting)
    {
        (string? Text, string Origin) said = _flags[setting] is { } typed ? (typed, setting.Flag!.Value.Name)
            : variable(setting.Variable) is { Length: > 0 } set ? (set, $"the variable {setting.Variable}")
            : _file?.Find(setting) is { } value ? value
            : setting.Standard is { } standard && variable(standard) is { Length: > 0 } general ? (general, $"the variable {standard}")
            : (setting.Otherwise, NodeSetting.Default);
        _origins[setting] = said.Origin;
        return said;
    }

    private T Wrong<T>(string origin, string message, T instead)
    {
        _mistakes.Add(new OptionMistake(origin, message));
        return instead;
    }
}
