using System.Collections.Immutable;
using Runner.Actors.FlowRunners;
using Runner.Host.Cluster;
using Serilog.Events;

namespace Runner.Host.Configuration;

/// <summary>Everything a node can be told, checked.</summary>
/// <param name="DataDirectory">An absolute path.</param>
/// <param name="ProcessLimit">How many programs run at once on this node: 1 to 100,000.</param>
/// <param name="AllowedHosts">Host names, beside the listen address and localhost, by which the API may be called; lower case, without port.</param>
/// <param name="NodeName">What the node calls itself in a run's history.</param>
/// <param name="MaxPendingCommands">How many commands that make work are under way at once: 1 to 100,000.</param>
/// <param name="MaxFollowers">How many streams of states and output are open at once: 1 to 100,000.</param>
/// <param name="MinFreeSpace">With fewer bytes than this on the data folder's disk no program is started; 0 for no such rule.</param>
internal sealed record NodeOptions(
    string DataDirectory,
    ListenAddress Listen,
    int ProcessLimit,
    LogEventLevel LogLevel,
    ImmutableArray<string> AllowedHosts,
    string NodeName,
    bool PauseOnShutdown,
    int MaxPendingCommands = NodeOptions.DefaultPendingCommands,
    int MaxFollowers = NodeOptions.DefaultFollowers,
    long MinFreeSpace = NodeOptions.DefaultFreeSpace)
{
    public const int DefaultPendingCommands = 1_000;
    public const int DefaultFollowers = 4_000;
    public const long DefaultFreeSpace = 256L * 1024 * 1024;
    public const int MaxGate = 100_000;
    public const long MaxFreeSpace = 1L << 50;
    /// <summary>How lines of the log are written.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>Where the log goes too, beside standard error: an absolute path; null for nowhere.</summary>
    public string? LogFile { get; init; }

    /// <summary>The collector that metrics and traces are sent to; null sends nothing.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>How the collector is spoken to.</summary>
    public OtlpProtocol OtlpProtocol { get; init; }

    /// <summary>What is sent to the collector with every request, as <see cref="OtlpOptions.Headers"/> has it. Secret.</summary>
    public string? OtlpHeaders { get; init; }

    /// <summary>Which of the node's variables its programs get: names, in which <c>*</c> stands for any characters.</summary>
    public ImmutableArray<string> EnvInherit { get; init; } = ProgramEnvironment.Default.Inherit;

    /// <summary>What programs start with beside their environment.</summary>
    public ProgramAttributes Programs { get; init; } = ProgramAttributes.Default;

    /// <summary>What was said of <see cref="ProgramAttributes.OpenFiles"/>; null if nothing was.</summary>
    internal long? ProgramOpenFilesSaid { get; init; }

    /// <summary>Where the files of programs under another user are: an absolute path.</summary>
    public string UserFilesDirectory { get; init; } = SubprocessOptions.DefaultUserFilesDirectory;

    /// <summary>The variables that hold the node's own secrets: no program gets them.</summary>
    internal ImmutableArray<string> SecretVariables { get; init; } = [];

    /// <summary>What keeps deployments and runs.</summary>
    public StoreKind StoreKind { get; init; }

    /// <summary>How the database is reached; null for the embedded store.</summary>
    public ConnectionText? StoreConnection { get; init; }

    /// <summary>The file that holds the database's password: an absolute path; null if none does.</summary>
    public string? StorePasswordFile { get; init; }

    internal StoreOptions Store => new(StoreKind, StoreConnection, StorePasswordFile);

    /// <summary>The settings of Akka.NET; null for the defaults, which are read when they are needed.</summary>
    internal AkkaSettings? AkkaSaid { get; init; }

    internal AkkaSettings Akka => AkkaSaid ?? AkkaSettings.Default;

    internal OtlpOptions Otlp => new(OtlpEndpoint, OtlpProtocol, OtlpHeaders);

    public const int DefaultProcessLimit = 100;
    public const int MaxProcessLimit = 100_000;

    /// <summary>30 days.</summary>
    public static readonly TimeSpan DefaultKeepFor = TimeSpan.FromDays(30);

    /// <summary>1 hour.</summary>
    public static readonly TimeSpan DefaultKeepAtLeast = TimeSpan.FromHours(1);

    /// <summary>How long after its end a run is kept; null for ever.</summary>
    public TimeSpan? RetentionKeepFor { get; init; } = DefaultKeepFor;

    /// <summary>How many of the newest ended runs are kept; null for all.</summary>
    public long? RetentionKeepRuns { get; init; }

    /// <summary>What ended more recently is kept whatever else is said.</summary>
    public TimeSpan RetentionKeepAtLeast { get; init; } = DefaultKeepAtLeast;
}

/// <summary>How lines of the log are written.</summary>
internal enum LogFormat
{
    /// <summary>For people.</summary>
    Console,

    /// <summary>One JSON object a line, for machines.</summary>
    Json,
}

/// <summary>The settings as they were typed; null where a flag was not given.</summary>
/// <param name="Config">A file in HOCON with further settings.</param>
internal sealed record NodeFlags(
    string? Data = null, string? Listen = null, string? Limit = null, string? LogLevel = null, string? AllowHosts = null, string? Name = null, bool NoPauseOnShutdown = false,
    string? Config = null, string? Store = null, string? StoreConnection = null, string? StorePasswordFile = null);

/// <summary>One mistake in the settings.</summary>
/// <param name="Origin">Where it was said: <c>--limit</c>, <c>the variable RUNNER_LIMIT</c>, or <c>FILE:LINE</c>.</param>
internal sealed record OptionMistake(string Origin, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Origin}: {Message}";
}
