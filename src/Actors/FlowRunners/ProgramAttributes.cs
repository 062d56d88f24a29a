namespace Runner.Actors.FlowRunners;

/// <summary>How the kernel serves a program's reading and writing (ioprio_set(2)).</summary>
public enum IoClass
{
    RealTime = 1,
    BestEffort = 2,
    Idle = 3,
}

/// <summary>What programs start with beside their environment: what the node was started with, where nothing else is said. Linux only.</summary>
public sealed record ProgramAttributes
{
    public const int LeastOomScoreAdjust = -1000, MostOomScoreAdjust = 1000;
    public const int LeastNice = -20, MostNice = 19;
    public const int MostIoLevel = 7;
    public const long MostOpenFiles = 1 << 30;

    /// <summary>The kernel's own bound for a set of processors in common builds.</summary>
    public const int MostCpus = 8192;

    /// <summary>As the node was started.</summary>
    public static ProgramAttributes Default { get; } = new();

    /// <summary>
    /// How willingly the kernel kills a program when memory runs out (proc(5), oom_score_adj), −1000 to 1000; null gives it the node's own, but not
    /// below 0: the protection of a service is not that of whatever it runs.
    /// </summary>
    public int? OomScoreAdjust { get; init; }

    /// <summary>Whether <see cref="OomScoreAdjust"/> is the node's own whatever it is.</summary>
    public bool InheritsOomScore { get; init; }

    /// <summary>−20, the most favoured, to 19; null is the node's own.</summary>
    public int? Nice { get; init; }

    /// <summary>Null is the node's own.</summary>
    public (IoClass Class, int Level)? Io { get; init; }

    /// <summary>The processors it may run on, by number, in order, at least one; null is the node's own.</summary>
    public IReadOnlyList<int>? Cpus { get; init; }

    /// <summary>
    /// The soft limit of open files (RLIMIT_NOFILE), within the node's hard one; null is the node's own. The runtime raises its own soft limit to the
    /// hard one when it starts, which programs that use select(2) or close every descriptor there may be do not bear.
    /// </summary>
    public long? OpenFiles { get; init; }

    /// <summary>The class of that name; null if there is none.</summary>
    public static IoClass? IoClassOf(string name) => name switch
    {
        "realtime" => IoClass.RealTime,
        "best-effort" => IoClass.BestEffort,
        "idle" => IoClass.Idle,
        _ => null,
    };

    /// <summary>Reads processors as the kernel writes them, <c>0-3,6</c>; null for anything else.</summary>
    public static IReadOnlyList<int>? CpusOf(string text)
    {
        var found = new SortedSet<int>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-', StringSplitOptions.TrimEntries);
            if (ends.Length > 2
                || !int.TryParse(ends[0], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(ends[^1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var last)
                || first > last || last >= MostCpus)
            {
                return null;
            }

            found.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return [.. found];
    }
}
