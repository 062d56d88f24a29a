using System.Collections.Frozen;

namespace Runner.Actors.FlowRunners;

/// <summary>The signals of Linux by name.</summary>
internal static class Signals
{
    private static readonly FrozenDictionary<string, int> Numbers = new Dictionary<string, int>
    {
        ["SIGHUP"] = 1, ["SIGINT"] = 2, ["SIGQUIT"] = 3, ["SIGILL"] = 4, ["SIGTRAP"] = 5, ["SIGABRT"] = 6, ["SIGBUS"] = 7, ["SIGFPE"] = 8,
        ["SIGKILL"] = 9, ["SIGUSR1"] = 10, ["SIGSEGV"] = 11, ["SIGUSR2"] = 12, ["SIGPIPE"] = 13, ["SIGALRM"] = 14, ["SIGTERM"] = 15,
        ["SIGSTKFLT"] = 16,
        ["SIGCHLD"] = 17, ["SIGCONT"] = 18, ["SIGSTOP"] = 19, ["SIGTSTP"] = 20, ["SIGTTIN"] = 21, ["SIGTTOU"] = 22, ["SIGURG"] = 23, ["SIGXCPU"] = 24,
        ["SIGXFSZ"] = 25, ["SIGVTALRM"] = 26, ["SIGPROF"] = 27, ["SIGWINCH"] = 28, ["SIGIO"] = 29, ["SIGPWR"] = 30, ["SIGSYS"] = 31,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<int, string> ByNumber = Numbers.ToFrozenDictionary(s => s.Value, s => s.Key);

    public static IEnumerable<string> All => Numbers.Keys;

    /// <summary>Null if there is none of that name.</summary>
    public static int? NumberOf(string name) => Numbers.TryGetValue(name, out var number) ? number : null;

    public static string NameOf(int signal) =>
        ByNumber.TryGetValue(signal, out var name) ? name : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"signal {signal}");
}
