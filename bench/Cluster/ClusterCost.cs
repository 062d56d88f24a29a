using System.Globalization;

namespace Runner.Bench.Cluster;

/// <summary>What the nodes and the database of a rig have done by one moment, as they count it themselves.</summary>
internal sealed class ClusterCost
{
    private const string OfNodes = "ms of processor of the nodes";

    private readonly Dictionary<string, double> _counts = new(StringComparer.Ordinal);

    /// <summary>By part: rows and bytes of the database, its transactions, messages between nodes by their types, processor time.</summary>
    public static async Task<ClusterCost> NowAsync(ClusterRig rig)
    {
        var cost = new ClusterCost();
        cost._counts["journal rows"] = await rig.CountAsync("journal").ConfigureAwait(false);
        cost._counts["bytes of WAL"] = double.Parse(
            (await rig.Kit.QueryAsync("SELECT pg_current_wal_lsn() - '0/0'").ConfigureAwait(false))[0], CultureInfo.InvariantCulture);
        // One that is there as long as its server is.
        var part = (await rig.Kit.QueryAsync("SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'checkpointer'").ConfigureAwait(false))[0];
        cost._counts["ms of processor of PostgreSQL"] = OfDatabase(Fields(part)[1]);
        foreach (var node in rig.Nodes)
        {
            cost.Add(OfNodes, Processor(Fields(node.Pid.ToString(CultureInfo.InvariantCulture)), withEnded: false));
            foreach (var line in (await node.MetricsAsync().ConfigureAwait(false)).Split('\n'))
            {
                cost.Read(line);
            }
        }

        return cost;
    }

    /// <summary>Each part since another moment, for one of so many runs, the largest messages first.</summary>
    public string Since(ClusterCost before, int runs)
    {
        var parts = _counts.Select(c => (c.Key, Value: (c.Value - before._counts.GetValueOrDefault(c.Key)) / runs)).Where(c => c.Value >= 0.005)
            .ToArray();
        string Of(bool messages) => string.Join(", ", parts.Where(c => c.Key.StartsWith("message ", StringComparison.Ordinal) == messages)
            .OrderByDescending(c => messages ? c.Value : 0)
            .Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value:0.00} {c.Key.Replace("message ", "", StringComparison.Ordinal)}")));
        return $"{Of(messages: false)}; messages between nodes: {Of(messages: true)}";
    }

    /// <summary>Milliseconds of processor time of the nodes since another moment, for one of so many runs.</summary>
    public double OfNodesSince(ClusterCost before, int runs) => (_counts[OfNodes] - before._counts[OfNodes]) / runs;

    /// <summary>All that the processes of a server have used, those that have ended too.</summary>
    private static double OfDatabase(string server) =>
        Processor(Fields(server), withEnded: true)
        + Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Select(name => Fields(name!)).Where(fields => fields.Length > 1 && fields[1] == server)
            .Sum(fields => Processor(fields, withEnded: false));

    /// <summary>Those of <c>/proc/PID/stat</c> behind the name: state, parent, …; none if there is no such process any more.</summary>
    private static string[] Fields(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>Milliseconds; the kernel counts hundredths of a second (proc(5): utime, stime, cutime, cstime).</summary>
    private static double Processor(string[] fields, bool withEnded) =>
        10 * fields[11..(withEnded ? 15 : 13)].Sum(field => double.Parse(field, CultureInfo.InvariantCulture));

    private void Read(string line)
    {
        if (line.StartsWith('#') || line.LastIndexOf(' ') is not (> 0 and var space))
        {
            return;
        }

        var (series, value) = (line[..space], line[(space + 1)..]);
        var name = series.StartsWith("runner_store_commits_total", StringComparison.Ordinal) ? "commits of entities"
            : series.StartsWith("runner_store_commit_duration_seconds_count", StringComparison.Ordinal) ? "transactions"
            : series.StartsWith("runner_messages_sent_total", StringComparison.Ordinal) ? "message " + series.Split("message=\"")[^1].Split('"')[0]
            : null;
        if (name is not null)
        {
            Add(name, double.Parse(value, CultureInfo.InvariantCulture));
        }
    }

    private void Add(string name, double value) => _counts[name] = _counts.GetValueOrDefault(name) + value;
}
