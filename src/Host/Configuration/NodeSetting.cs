using System.Collections.Immutable;

namespace Runner.Host.Configuration;

/// <summary>One setting of a node and the names it goes by. <c>hocon/runner.conf</c> holds the same ones; a test compares them.</summary>
/// <param name="Key">Inside <c>runner { … }</c> of a settings file.</param>
/// <param name="Value">A string, an int, a bool or an array of strings.</param>
internal sealed record NodeSetting(string Key, string Flag, string Variable, Func<NodeOptions, object> Value)
{
    /// <summary>The object that holds all settings in a file.</summary>
    public const string Section = "runner";

    /// <summary>What settings that nobody set come from.</summary>
    public const string Default = "default";

    public static NodeSetting Data { get; } = new("data", "--data", "RUNNER_DATA", o => o.DataDirectory);

    public static NodeSetting Listen { get; } = new("listen", "--listen", "RUNNER_LISTEN", o => o.Listen.ToString());

    public static NodeSetting Limit { get; } = new("limit", "--limit", "RUNNER_LIMIT", o => o.ProcessLimit);

    public static NodeSetting LogLevel { get; } = new("log-level", "--log-level", "RUNNER_LOG_LEVEL", o => o.LogLevel.ToString().ToLowerInvariant());

    public static NodeSetting AllowHosts { get; } = new("allow-hosts", "--allow-host", "RUNNER_ALLOW_HOST", o => o.AllowedHosts);

    public static NodeSetting Name { get; } = new("name", "--name", "RUNNER_NODE_NAME", o => o.NodeName);

    public static NodeSetting PauseOnShutdown { get; } = new("pause-on-shutdown", "--no-pause-on-shutdown", "RUNNER_NO_PAUSE_ON_SHUTDOWN", o => o.PauseOnShutdown);

    /// <summary>In the order in which they are shown.</summary>
    public static ImmutableArray<NodeSetting> All { get; } = [Data, Listen, Limit, LogLevel, AllowHosts, Name, PauseOnShutdown];

    /// <summary>The path in a file.</summary>
    public string Path => $"{Section}.{Key}";
}
