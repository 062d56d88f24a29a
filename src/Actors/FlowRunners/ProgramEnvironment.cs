using System.Collections.Immutable;

namespace Runner.Actors.FlowRunners;

/// <summary>Which of the variables that the node was started with its programs get.</summary>
/// <param name="Inherit">Names, in which <c>*</c> stands for any characters, also none; a deployment may say its own.</param>
/// <param name="Secrets">Names of variables that hold the node's own secrets, beside those that are always its own.</param>
public sealed record ProgramEnvironment(ImmutableArray<string> Inherit, ImmutableHashSet<string> Secrets)
{
    /// <summary>A name for everything, <c>*</c>.</summary>
    public const string Everything = "*";

    private const int LongestName = 256;

    /// <summary>Prefixes of what is given to the node to do its own work: its settings, and what its telemetry is told.</summary>
    private static readonly string[] NodesOwnPrefixes = ["RUNNER_", "OTEL_", "ASPNETCORE_", "MONITOR_", "MEMORY_PRESSURE_"];

    /// <summary>
    /// What the service manager tells the node of itself: a program that used it would speak for the node, take its sockets, or read the
    /// credentials it was given. And where its own runtime is watched from.
    /// </summary>
    private static readonly ImmutableHashSet<string> NodesOwn = ImmutableHashSet.Create(
        StringComparer.Ordinal,
        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "INVOCATION_ID", "JOURNAL_STREAM", "LISTEN_FDS", "LISTEN_PID", "LISTEN_PIDFDID",
        "LISTEN_FDNAMES", "MAINPID", "MANAGERPID", "MANAGERPIDFDID", "SYSTEMD_EXEC_PID", "CREDENTIALS_DIRECTORY", "RUNTIME_DIRECTORY",
        "STATE_DIRECTORY", "CACHE_DIRECTORY", "LOGS_DIRECTORY", "CONFIGURATION_DIRECTORY", "FDSTORE", "PIDFILE", "LOG_NAMESPACE", "DEBUG_INVOCATION",
        "DOTNET_DiagnosticPorts", "DOTNET_STARTUP_HOOKS", "DOTNET_EnableDiagnostics", "COMPlus_EnableDiagnostics",
        "CORECLR_ENABLE_PROFILING", "CORECLR_PROFILER", "CORECLR_PROFILER_PATH");

    /// <summary>All but the node's own.</summary>
    public static ProgramEnvironment Default { get; } = new([Everything], []);

    /// <summary>Whether a variable was given to the node to do its work: no program ever gets it.</summary>
    public static bool IsNodesOwn(string name) =>
        NodesOwn.Contains(name) || Array.Exists(NodesOwnPrefixes, p => name.StartsWith(p, StringComparison.Ordinal));

    /// <summary>What is wrong with a name in a list of those to inherit; null if nothing is.</summary>
    public static string? ProblemOf(string? name) => string.IsNullOrEmpty(name) || name.Length > LongestName
        || name.AsSpan().IndexOfAny('=', '\0') >= 0
        ? $"expected the name of a variable, in which * stands for any characters: 1 to {LongestName} characters without '='"
        : name.Any(char.IsControl) ? "a name of a variable with a control character in it" : null;

    /// <summary>Whether a program gets that variable of the node's environment.</summary>
    /// <param name="own">What its deployment says; null if nothing.</param>
    internal bool Gives(string name, ImmutableArray<string>? own)
    {
        if (IsNodesOwn(name) || Secrets.Contains(name))
        {
            return false;
        }

        foreach (var pattern in own ?? Inherit)
        {
            if (Matches(pattern, name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        // Where the last star was, and how far it had come: it takes one more character when what follows does not fit.
        var (p, n, star, taken) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, taken) = (p++, n);
            }
            else if (p < pattern.Length && pattern[p] == name[n])
            {
                (p, n) = (p + 1, n + 1);
            }
            else if (star >= 0)
            {
                (p, n) = (star + 1, ++taken);
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }
}
