using System.Collections.Immutable;
using Runner.Actors.FlowRunners;
using Runner.Host.Cluster;
using Serilog.Events;

namespace Runner.Host.Configuration;

/// <summary>Everything a node can be told, checked. What each is, its bounds and its default say <see cref="NodeSetting"/>'s entries.</summary>
internal sealed record NodeOptions
{
    /// <summary>An absolute path.</summary>
    public required string DataDirectory { get; init; }
    public required ListenAddress Listen { get; init; }

    /// <summary>An absolute path, as the other two; set with the key's, or neither.</summary>
    public required string? ApiTlsCertificateFile { get; init; }
    public required string? ApiTlsKeyFile { get; init; }

    /// <summary>Null for the cluster's, else the machine's.</summary>
    public required string? ApiTlsCaFile { get; init; }
    public required bool ApiAllowPlain { get; init; }
    internal ApiTlsFiles? ApiTls => ApiTlsCertificateFile is null ? null : new(ApiTlsCertificateFile, ApiTlsKeyFile!);
    public required int ProcessLimit { get; init; }
    public required LogEventLevel LogLevel { get; init; }

    /// <summary>Lower case, without port.</summary>
    public required ImmutableArray<string> AllowedHosts { get; init; }
    public required string NodeName { get; init; }

    /// <summary>What it has that others may not have, by name, in ordinal order.</summary>
    public required ImmutableSortedDictionary<string, string> Labels { get; init; }
    public required bool PauseOnShutdown { get; init; }
    public required int MaxPendingCommands { get; init; }
    public required int MaxFollowers { get; init; }

    /// <summary>Bytes; 0 for no such rule.</summary>
    public required long MinFreeSpace { get; init; }
    public required LogFormat LogFormat { get; init; }

    /// <summary>An absolute path; null for nowhere.</summary>
    public required string? LogFile { get; init; }

    /// <summary>Null sends nothing.</summary>
    public required Uri? OtlpEndpoint { get; init; }
    public required OtlpProtocol OtlpProtocol { get; init; }

    /// <summary>As <see cref="OtlpOptions.Headers"/> has it. Secret.</summary>
    public required string? OtlpHeaders { get; init; }

    /// <summary>Names, in which <c>*</c> stands for any characters.</summary>
    public required ImmutableArray<string> EnvInherit { get; init; }

    /// <summary>What programs start with beside their environment.</summary>
    public required ProgramAttributes Programs { get; init; }

    /// <summary>What was said of <see cref="ProgramAttributes.OpenFiles"/>; null if nothing was.</summary>
    internal required long? ProgramOpenFilesSaid { get; init; }

    /// <summary>An absolute path.</summary>
    public required string UserFilesDirectory { get; init; }

    /// <summary>The variables that hold the node's own secrets: no program gets them.</summary>
    internal ImmutableArray<string> SecretVariables { get; init; } = [];
    public required StoreKind StoreKind { get; init; }

    /// <summary>Null for the embedded store.</summary>
    public required ConnectionText? StoreConnection { get; init; }

    /// <summary>An absolute path; null if none holds the password.</summary>
    public required string? StorePasswordFile { get; init; }

    /// <summary>An absolute path; null for a node with a token of its own.</summary>
    public required string? ClusterSecretFile { get; init; }
    internal StoreOptions Store => new(StoreKind, StoreConnection, StorePasswordFile);

    public required ClusterJoin ClusterJoin { get; init; }

    /// <summary>Null for the machine's name.</summary>
    public required string? ClusterHost { get; init; }

    /// <summary>0 takes a free one.</summary>
    public required int ClusterPort { get; init; }

    /// <summary>Null for <see cref="ClusterHost"/>.</summary>
    public required string? ClusterBindHost { get; init; }

    /// <summary>An absolute path, as the other two; all three are set, or none.</summary>
    public required string? ClusterTlsCertificateFile { get; init; }
    public required string? ClusterTlsKeyFile { get; init; }
    public required string? ClusterTlsCaFile { get; init; }
    public required bool ClusterAllowPlain { get; init; }
    public required bool ClusterFastDowning { get; init; }
    internal ClusterOptions Cluster => new(ClusterJoin, ClusterHost, ClusterPort, ClusterBindHost, Tls, ClusterAllowPlain, ClusterFastDowning);

    private ClusterTlsFiles? Tls => ClusterTlsCertificateFile is null ? null
        : new(ClusterTlsCertificateFile, ClusterTlsKeyFile!, ClusterTlsCaFile!);

    /// <summary>The settings of Akka.NET; null for the defaults, which are read when they are needed.</summary>
    internal AkkaSettings? AkkaSaid { get; init; }
    internal AkkaSettings Akka => AkkaSaid ?? AkkaSettings.Default;
    internal OtlpOptions Otlp => new(OtlpEndpoint, OtlpProtocol, OtlpHeaders);

    /// <summary>Null for ever.</summary>
    public required TimeSpan? RetentionKeepFor { get; init; }

    /// <summary>Null for all.</summary>
    public required long? RetentionKeepRuns { get; init; }
    public required TimeSpan RetentionKeepAtLeast { get; init; }
}

/// <summary>The files of the API's TLS; absolute paths, PEM.</summary>
/// <param name="Key">For its owner alone.</param>
internal sealed record ApiTlsFiles(string Certificate, string Key);

/// <summary>How lines of the log are written.</summary>
internal enum LogFormat
{
    /// <summary>For people.</summary>
    Console,

    /// <summary>One JSON object a line, for machines.</summary>
    Json,
}

/// <summary>The settings as they were typed; null where a flag was not given.</summary>
internal sealed class NodeFlags
{
    private readonly Dictionary<NodeSetting, string> _typed = [];

    /// <summary>A file in HOCON with further settings.</summary>
    public string? Config { get; init; }
    public string? this[NodeSetting setting]
    {
        get => _typed.GetValueOrDefault(setting);
        set
        {
            if (value is not null)
            {
                _typed[setting] = value;
            }
        }
    }
}

/// <summary>One mistake in the settings.</summary>
/// <param name="Origin">Where it was said: <c>--limit</c>, <c>the variable RUNNER_LIMIT</c>, or <c>FILE:LINE</c>.</param>
internal sealed record OptionMistake(string Origin, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Origin}: {Message}";
}
