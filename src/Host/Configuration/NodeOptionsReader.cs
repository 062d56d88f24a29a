using System.Collections.Immutable;
using System.Globalization;
using Runner.Client;
using Serilog.Events;

namespace Runner.Host.Configuration;

/// <summary>
/// The one place where settings become <see cref="NodeOptions"/>: a flag beats its <c>RUNNER_…</c> variable, which beats the default.
/// Every mistake is reported at once, with where it was said. An empty variable counts as not set.
/// </summary>
/// <param name="variable">Reads an environment variable; null if it is not set.</param>
internal sealed class NodeOptionsReader(Func<string, string?> variable)
{
    private static readonly ImmutableArray<string> Levels = ["debug", "information", "warning", "error"];

    private readonly List<OptionMistake> _mistakes = [];

    /// <summary>The settings, or what is wrong with them; exactly one of the two is set.</summary>
    public (NodeOptions? Options, ImmutableArray<OptionMistake> Mistakes) Read(NodeFlags flags)
    {
        _mistakes.Clear();
        var options = new NodeOptions(
            ReadData(flags.Data),
            ReadListen(flags.Listen),
            ReadLimit(flags.Limit),
            ReadLevel(flags.LogLevel),
            ReadHosts(flags.AllowHosts),
            ReadName(flags.Name),
            !(flags.NoPauseOnShutdown || ReadSwitch("RUNNER_NO_PAUSE_ON_SHUTDOWN")));
        return _mistakes.Count == 0 ? (options, []) : (null, [.. _mistakes]);
    }

    private string ReadData(string? flag)
    {
        var (text, origin) = Said(flag, "--data", DataFolder.Variable);
        return text is not null && string.IsNullOrWhiteSpace(text)
            ? Wrong(origin, "expected a folder.", "")
            : Path.TrimEndingDirectorySeparator(DataFolder.Resolve(flag, variable));
    }

    private ListenAddress ReadListen(string? flag)
    {
        var (text, origin) = Said(flag, "--listen", "RUNNER_LISTEN");
        return text is null ? ListenAddress.Default
            : ListenAddress.TryParse(text, out var value) ? value
            : Wrong(origin, $"'{text}' is no address; expected {ListenAddress.Expected}.", ListenAddress.Default);
    }

    private int ReadLimit(string? flag)
    {
        var (text, origin) = Said(flag, "--limit", "RUNNER_LIMIT");
        return text is null ? NodeOptions.DefaultProcessLimit
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is >= 1 and <= NodeOptions.MaxProcessLimit ? value
            : Wrong(origin, $"'{text}' is no process limit; expected a whole number from 1 to 100000.", NodeOptions.DefaultProcessLimit);
    }

    private LogEventLevel ReadLevel(string? flag)
    {
        var (text, origin) = Said(flag, "--log-level", "RUNNER_LOG_LEVEL");
        return text is null ? LogEventLevel.Warning
            : Levels.Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<LogEventLevel>(text, ignoreCase: true)
            : Wrong(origin, $"'{text}' is no log level; expected one of {string.Join(", ", Levels)}.", LogEventLevel.Warning);
    }

    private ImmutableArray<string> ReadHosts(string? flag)
    {
        var (text, origin) = Said(flag, "--allow-host", "RUNNER_ALLOW_HOST");
        var hosts = (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var host in hosts.Where(h => Uri.CheckHostName(h) == UriHostNameType.Unknown))
        {
            Wrong(origin, $"'{host}' is no host name; expected names without a port, separated by commas.", "");
        }

        return [.. hosts.Select(h => h.ToLowerInvariant())];
    }

    private string ReadName(string? flag)
    {
        var (text, origin) = Said(flag, "--name", "RUNNER_NODE_NAME");
        text ??= Environment.MachineName.ToLowerInvariant();
        return text.Length <= 100 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? text
            : Wrong(origin, $"'{text}' is no node name; expected 1 to 100 letters, digits, '-', '_' or '.'.", "");
    }

    private bool ReadSwitch(string name) => variable(name)?.ToUpperInvariant() switch
    {
        null or "" or "0" or "FALSE" or "NO" => false,
        "1" or "TRUE" or "YES" => true,
        var other => Wrong($"the variable {name}", $"'{other}' is neither true nor false.", false),
    };

    private (string? Text, string Origin) Said(string? flag, string option, string name) =>
        flag is not null ? (flag, option)
        : variable(name) is { Length: > 0 } set ? (set, $"the variable {name}")
        : (null, option);

    private T Wrong<T>(string origin, string message, T instead)
    {
        _mistakes.Add(new OptionMistake(origin, message));
        return instead;
    }
}
