using System.Collections.Immutable;
using System.Globalization;
using Runner.Actors.FlowRunners.Linux;
using Runner.Client;
using Runner.Cluster.Tests.Kit;
using Runner.Messages.Deployments;
using Runner.Tests;

namespace Runner.Bench.Cluster;

/// <summary>Three real nodes on a private PostgreSQL that waits for the disk, the load on them, and what is needed to judge it.</summary>
internal sealed class ClusterRig : IAsyncDisposable
{
    private readonly List<ClusterNode> _all = [];
    private readonly string[] _settings;
    private readonly string? _databaseHost;
    private readonly Dictionary<string, RunnerClient> _clients = [];
    private readonly Dictionary<string, RunnerClient> _probes = [];
    private readonly Dictionary<string, int> _lives = [];
    private readonly CancellationTokenSource _until = new();
    private Task _loading = Task.CompletedTask;

    private ClusterRig(string name, PostgresServer server, ClusterKit kit, int nodeLimit, string? databaseHost, string[] settings) =>
        (Name, Server, Kit, NodeLimit, _databaseHost, Lives, _settings) =
            (name, server, kit, nodeLimit, databaseHost, new ProgramLives(kit.Root),
                [string.Create(CultureInfo.InvariantCulture, $"runner.limit = {nodeLimit}"), "runner.log-level = information", .. settings]);

    /// <summary>Whether anything was found that must not be, by any scenario.</summary>
    public static bool HasViolations { get; private set; }

    /// <summary>Whether the nodes' logs are kept where nothing was found, too.</summary>
    public static bool KeepsLogs { get; set; }

    /// <summary>Of the scenario.</summary>
    public string Name { get; }

    public PostgresServer Server { get; }

    public ClusterKit Kit { get; }

    public int NodeLimit { get; }

    public ProgramLives Lives { get; }

    /// <summary>The members, the oldest first.</summary>
    public List<ClusterNode> Nodes { get; } = [];

    /// <summary>One of each node, that does not wait for it.</summary>
    public ImmutableArray<RunnerClient> Clients => [.. _clients.Values];

    /// <summary>What a scenario itself has found.</summary>
    public List<string> Violations { get; } = [];

    public ClusterLoad Load { get; private set; } = null!;

    /// <summary>When nodes were not there, as <c>HOST:PORT</c> of their API and seconds since the machine's start; of the database, with no name.
    /// </summary>
    public List<(string Node, double From, double To)> Down { get; } = [];

    /// <summary>
    /// So long it may take at most until what became of a program is durable, in seconds: a node that is back is asked every 5 s, and says the last
    /// of an attempt again every 15 s.
    /// </summary>
    public double MostLag { get; set; } = 20;

    /// <summary>After so long without any run ending those that have not are taken for stuck: longer than a program lives.</summary>
    public TimeSpan StuckAfter { get; } = TimeSpan.FromSeconds(60);

    public static string LoadOfMachine() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    /// <summary>Starts the nodes one after the other, so that it is known which is the oldest.</summary>
    public static async Task<ClusterRig> StartAsync(
        string name, int count = 3, int nodeLimit = 100, Func<int, NodePlace>? place = null, string? databaseHost = null,
        params string[] settings)
    {
        Say($"{name}: starting {count} nodes; the machine's load is {LoadOfMachine()}");
        var server = await PostgresServer.StartAsync(fsync: true, databaseHost).ConfigureAwait(false);
        var rig = new ClusterRig(name, server, await ClusterKit.CreateAsync(server).ConfigureAwait(false), nodeLimit, databaseHost, settings);
        try
        {
            for (var i = 1; i <= count; i++)
            {
                var node = rig.Kit.Start($"n{i}", place?.Invoke(i) ?? NodePlace.Here, rig.Settings());
                rig._all.Add(node);
                rig.Nodes.Add(node);
                await ClusterKit.AllSeeAsync([.. rig.Nodes]).ConfigureAwait(false);
                rig._clients[node.Name] = node.Client(new RunnerClientOptions().WithoutWaiting());
                rig._probes[node.Name] = node.Client(new RunnerClientOptions { RequestTimeout = TimeSpan.FromSeconds(40), Resends = 0 });
            }

            return rig;
        }
        catch
        {
            await rig.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public static void Say(string what) => Console.Error.WriteLine($"  {Stopclock.Now:HH:mm:ss} {what}");

    /// <summary>Registers the deployments and begins to submit.</summary>
    public async Task BeginLoadAsync(NodeLossSpec? loss = null)
    {
        Load = new ClusterLoad([.. _clients.Values], Scale.Of(1_000, 200), Scale.Of(50, 20));
        await Load.DeployAsync(Lives, loss).ConfigureAwait(false);
        _loading = Load.RunAsync(_until.Token);
        Say("the load has begun");
    }

    /// <summary>A client that waits long for its answer, for what is measured.</summary>
    public RunnerClient Probe(ClusterNode node) => _probes[node.Name];

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync(ClusterNode node)
    {
        Down.Add((node.Api, ProgramLives.Uptime(), double.MaxValue));
        await node.KillAsync().ConfigureAwait(false);
    }

    /// <summary>Starts a node again that was killed, and waits until all see it; it is the youngest then.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> RestartAsync(ClusterNode former)
    {
        var began = ProgramLives.Uptime();
        Nodes.Remove(former);
        var node = Kit.Restart(former, Settings());
        _all.Add(node);
        Nodes.Add(node);
        await ClusterKit.AllSeeAsync([.. Nodes]).ConfigureAwait(false);
        var down = Down.FindLastIndex(d => d.Node == node.Api);
        Down[down] = Down[down] with { To = ProgramLives.Uptime() };
        return TimeSpan.FromSeconds(ProgramLives.Uptime() - began);
    }

    /// <summary>A node that stood still goes on; ends when all see it again. It is the youngest then.</summary>
    public async Task GoOnAsync(ClusterNode node)
    {
        node.Signal("CONT");
        await node.SaysAsync("This node is no member of its cluster any more").ConfigureAwait(false);
        await ClusterKit.AllSeeAsync([.. Nodes]).ConfigureAwait(false);
        Nodes.Remove(node);
        Nodes.Add(node);
    }

    /// <summary>
    /// Starts nodes again that have ended by themselves, as a service manager does; waits until all see all, and puts them in the order in which
    /// they have become members.
    /// </summary>
    /// <param name="since">Since when, at the latest, it has not been there; seconds since the machine's start.</param>
    /// <returns>Those that had ended.</returns>
    public async Task<ClusterNode[]> AgeAsync(double since)
    {
        var ended = Nodes.Where(n => n.HasEnded).ToArray();
        foreach (var node in ended)
        {
            Down.Add((node.Api, since, double.MaxValue));
            await RestartAsync(node).ConfigureAwait(false);
            _lives[node.Name] = 0;
        }

        await ClusterKit.AllSeeAsync([.. Nodes]).ConfigureAwait(false);
        foreach (var node in Nodes.Where(n => LivesOf(n) > _lives.GetValueOrDefault(n.Name)).ToArray())
        {
            _lives[node.Name] = LivesOf(node);
            Nodes.Remove(node);
            Nodes.Add(node);
        }

        return ended;
    }

    public async Task<long> CountAsync(string table) =>
        long.Parse((await Kit.QueryAsync($"SELECT count(*) FROM {table}").ConfigureAwait(false))[0], CultureInfo.InvariantCulture);

    /// <summary>Ends the load, waits for all runs and has them checked; what was found is printed, with where its evidence lies.</summary>
    public async Task<ClusterChecker> EndAsync(bool allComplete = true)
    {
        await _until.CancelAsync().ConfigureAwait(false);
        await _loading.ConfigureAwait(false);
        Say($"the load has ended: {Load.Submissions.Length:N0} submissions in {Load.Took.TotalSeconds:0} s");
        var checker = new ClusterChecker(this);
        await checker.CheckAsync(allComplete).ConfigureAwait(false);
        Say(checker.Summary);
        await JudgeAsync(checker.Violations).ConfigureAwait(false);
        return checker;
    }

    /// <summary>Says what was found, with where its evidence lies.</summary>
    public async Task JudgeAsync(IReadOnlyList<string>? violations = null)
    {
        violations ??= Violations;
        if (violations.Count > 0 || KeepsLogs)
        {
            HasViolations |= violations.Count > 0;
            var folder = Directory.CreateTempSubdirectory($"runner-evidence-{Name}-").FullName;
            await File.WriteAllLinesAsync(Path.Combine(folder, "violations.txt"), violations).ConfigureAwait(false);
            for (var i = 0; i < _all.Count; i++)
            {
                await File.WriteAllTextAsync(Path.Combine(folder, $"{i + 1:00}-{_all[i].Name}.log"), _all[i].Output).ConfigureAwait(false);
            }

            Say($"{violations.Count} VIOLATIONS; the logs of the nodes and all of them lie in {folder}");
            foreach (var violation in violations.Take(20))
            {
                Say(violation);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _until.CancelAsync().ConfigureAwait(false);
        foreach (var client in _clients.Values.Concat(_probes.Values))
        {
            client.Dispose();
        }

        (Load as IDisposable)?.Dispose();
        foreach (var node in _all)
        {
            await node.EndAsync().ConfigureAwait(false);
        }

        foreach (var program in Lives.Alive())
        {
            _ = NativeMethods.Kill(program, NativeMethods.SIGKILL);
        }

        await Kit.DisposeAsync().ConfigureAwait(false);
        await Server.DisposeAsync().ConfigureAwait(false);
        _until.Dispose();
    }

    private static int LivesOf(ClusterNode node) => node.Output.Split("This node is a member of its cluster again").Length - 1;

    private string[] Settings() => _databaseHost is null ? _settings
        :
        [
            .. _settings, "runner.cluster.allow-plain = true",
            $"runner.store.connection = \"{Kit.ConnectionAt(_databaseHost)}\"",
        ];
}
