using System.Globalization;

namespace Runner.Bench.Cluster;

/// <summary>One life of a program, by what it wrote itself.</summary>
/// <param name="Node">The node whose program it was, as <c>HOST:PORT</c> of its API.</param>
/// <param name="Began">Seconds since the machine's start, cut to hundredths: who ended before another began has no higher one.</param>
/// <param name="Ended">Null if it has not said so: it runs, or was killed.</param>
/// <param name="Stopped">Whether it was told to end.</param>
internal sealed record Life(string Node, Guid Run, int Attempt, int Pid, double Began, double? Ended, bool Stopped)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"run {Run} attempt {Attempt} pid {Pid} on {Node}: {Began:0.00} to {(Ended is { } at ? $"{at:0.00}" : "?")}{(Stopped ? ", stopped" : "")}");
}

/// <summary>
/// The programs of the load, and the files in which they say that they live: one of each node, appended to by the programs themselves, so that what
/// ran is known without the journal.
/// </summary>
internal sealed class ProgramLives
{
    // The shell's own means only, but for the sleep: two processes a run.
    private const string Program = """
        url=${RUNNER_API_URL#*//}
        say() { read -r up _ </proc/uptime; echo "$1 $RUNNER_RUN_ID $RUNNER_ATTEMPT $$ $up" >>"$LIVES/${url%%/*}"; }
        trap 'say stopped; exit 143' TERM
        say begin
        sleep "$1"
        say end
        """;

    private readonly string _folder;

    public ProgramLives(string root)
    {
        _folder = Directory.CreateDirectory(Path.Combine(root, "lives")).FullName;
        Script = Path.Combine(root, "program.sh");
        File.WriteAllText(Script, Program);
    }

    public string Script { get; }

    public string Folder => _folder;

    /// <summary>Seconds since the machine's start, as the programs have them.</summary>
    public static double Uptime() =>
        double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>All lives that have begun, and what is wrong with the files themselves.</summary>
    public (List<Life> Lives, List<string> Problems) Read()
    {
        var lives = new List<Life>();
        var problems = new List<string>();
        foreach (var file in Directory.GetFiles(_folder).Order(StringComparer.Ordinal))
        {
            var node = Path.GetFileName(file);
            var open = new Dictionary<(Guid, int, int), int>();
            foreach (var line in File.ReadLines(file))
            {
                if (line.Split(' ') is not [var word, var id, var number, var process, var up] || !Guid.TryParse(id, out var run))
                {
                    problems.Add($"{node} has a line that is none: {line}");
                    continue;
                }

                var key = (run, int.Parse(number, CultureInfo.InvariantCulture), int.Parse(process, CultureInfo.InvariantCulture));
                var at = double.Parse(up, CultureInfo.InvariantCulture);
                if (word == "begin")
                {
                    open[key] = lives.Count;
                    lives.Add(new Life(node, key.run, key.Item2, key.Item3, at, null, Stopped: false));
                }
                else if (open.TryGetValue(key, out var index))
                {
                    lives[index] = lives[index] with { Ended = at, Stopped = word == "stopped" };
                }
                else
                {
                    problems.Add($"{node} has an end without a beginning: {line}");
                }
            }
        }

        return (lives, problems);
    }

    /// <summary>The programs of the load that are alive now, as process ids.</summary>
    public int[] Alive() =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Where(name => Reads($"/proc/{name}/cmdline").Contains(Script, StringComparison.Ordinal))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture)),
    ];

    private static string Reads(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
