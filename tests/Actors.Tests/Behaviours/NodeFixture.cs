using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Actors.Retention;
using Runner.Actors.Tests.FlowRunners;
using Runner.Entities.Store;
using Runner.Host.Cluster;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Runs;
using Runner.Persistence.Postgres;
using Runner.Persistence.Sqlite;
using Pids = Runner.Actors.Tests.FlowRunners.Processes;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>What a test wants to be special about its node.</summary>
internal sealed record NodeOptions
{
    public TestedStore Kind { get; init; }

    public string Name { get; init; } = "node-1";

    public int ProcessLimit { get; init; } = 16;

    public bool StoreIsShared { get; init; }

    /// <summary>Null is the machine's.</summary>
    public TimeProvider? Time { get; init; }

    public long? LargestDatabase { get; set; }

    /// <summary>Null for none.</summary>
    public Serilog.ILogger? Log { get; init; }

    /// <summary>Which ended runs the node keeps; their output is where the node's is.</summary>
    public RetentionSettings Retention { get; init; } = RetentionSettings.KeepEverything;
}

/// <summary>
/// A node on a folder of its own, with a real database and real processes, that a test can stop, kill and start again. Disposing of
/// it ends the node and checks that no process of its runs is left.
/// </summary>
internal sealed class NodeFixture : IAsyncDisposable
{
    /// <summary>How long a test waits for what has to happen: what takes longer, on however busy a machine, hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _root;
    private readonly bool _ownsRoot;
    private readonly NodeOptions _options;
    private IFlowRunner? _flowRunner;
    private IDisposable? _subscription;
    private TaskCompletionSource _change = NewSignal();
    private string? _database;
    private RunnerNode? _node;
    private FaultyStore? _store;

    private NodeFixture(DirectoryInfo root, bool ownsRoot, NodeOptions options)
    {
        (_root, _ownsRoot, _options) = (root, ownsRoot, options);
        Work = root.CreateSubdirectory("work").FullName;
        Files = new RunFiles(Data);
    }

    public RunnerNode Node => _node ?? throw new InvalidOperationException("The node is down.");

    public FaultyStore Store => _store ?? throw new InvalidOperationException("The node is down.");

    /// <summary>Where programs run, and leave what they have to say.</summary>
    public string Work { get; }

    public RunFiles Files { get; }

    public string Root => _root.FullName;

    /// <summary>Its clock.</summary>
    public TimeProvider Time => _options.Time ?? MachineTime.Provider;

    private string Data => Path.Combine(_root.FullName, "data");

    public static async Task<NodeFixture> StartAsync(NodeOptions? options = null)
    {
        var fixture = new NodeFixture(Directory.CreateTempSubdirectory("behaviour-"), ownsRoot: true, options ?? new NodeOptions());
        await fixture.StartNodeAsync();
        return fixture;
    }

    /// <summary>Does to the database what no node does, as a disk or a hand might; the node may be up or down.</summary>
    public async Task<int> Damage(string sql)
    {
        if (_options.Kind == TestedStore.PostgreSql)
        {
            await using var source = Npgsql.NpgsqlDataSource.Create(_database!);
            await using var command = source.CreateCommand(sql);
            return await command.ExecuteNonQueryAsync();
        }

        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(Data, "runner.db")};Pooling=False");
        await connection.OpenAsync();
        await using var statement = connection.CreateCommand();
        statement.CommandText = sql;
        return await statement.ExecuteNonQueryAsync();
    }

    /// <summary>Examines the database as `runner verify` does; the node may be up or down.</summary>
    public async Task<Runner.Host.Verification.VerifyReport> Verify()
    {
        using IStoreScan scan = _options.Kind == TestedStore.PostgreSql
            ? await PostgresStoreScan.OpenAsync(new PostgresStoreOptions(_database!), Tables.All)
            : SqliteStoreScan.Open(new SqliteStoreOptions(Path.Combine(Data, "runner.db")), Tables.All);
        return await new Runner.Host.Verification.Verification(MachineTime.Provider, 100, _ => { }, _ => { })
            .RunAsync("the store", scan, CancellationToken.None);
    }

    /// <summary>Another node on the same folder and the same database.</summary>
    public async Task<NodeFixture> StartSecondAsync(NodeOptions options)
    {
        var fixture = new NodeFixture(_root, ownsRoot: false, options with { Kind = _options.Kind }) { _database = _database };
        await fixture.StartNodeAsync();
        return fixture;
    }

    public async Task StartNodeAsync()
    {
        Directory.CreateDirectory(Data);
        _store = new FaultyStore(await OpenAsync());
        _flowRunner = LocalFlowRunner.Create(new SubprocessOptions(Data));
        var settings = new NodeSettings(_options.Name, _options.ProcessLimit, _ => [new("RUNNER_API_URL", "http://localhost:1")])
        {
            StoreIsShared = _options.StoreIsShared,
            Retention = _options.Retention with { Output = new FileRunOutput(Files) },
        };
        _node = (await NodeSystem.StartAsync(
            _store, _flowRunner, settings, Time, _options.Log ?? Serilog.Core.Logger.None, AkkaSettings.Default, CancellationToken.None)).Node;
        _subscription = _node.Subscribe(_ => Interlocked.Exchange(ref _change, NewSignal()).TrySetResult());
    }

    /// <summary>Stops the node in order.</summary>
    public async Task StopNodeAsync(StopMode mode = StopMode.Graceful)
    {
        await Node.StopAsync(mode);
        await CloseAsync();
    }

    /// <summary>Ends the node as a SIGKILL would: nothing more is written, and its processes go on.</summary>
    public async Task CrashAsync()
    {
        Store.FailAll(FaultyStore.Away);
        (_flowRunner as IDisposable)?.Dispose();
        await Node.AbandonAsync();
        await CloseAsync();
    }

    public async Task CrashAndRestartAsync()
    {
        await CrashAsync();
        await StartNodeAsync();
    }

    /// <summary>A deployment whose program is this script of /bin/sh.</summary>
    public DeploymentSpec Shell(string name, string script) => Program(name, "/bin/sh", "-c", script);

    public DeploymentSpec Program(string name, params ImmutableArray<string> command) =>
        new() { Name = name, Command = command, Workdir = Work, StopGrace = TimeSpan.FromSeconds(10) };

    public async Task<DeploymentRegistered> Register(DeploymentSpec spec) =>
        (await Node.AskAsync(new RegisterDeployments([spec]), CancellationToken.None)).Accepted()[0];

    /// <summary>Submits a run of a deployment that is registered.</summary>
    public async Task<Guid> Submit(string deployment, DateTimeOffset? at = null, int? priority = null, string? key = null) =>
        (await Node.AskAsync(new SubmitRun(deployment, At: at, Priority: priority, IdempotencyKey: key), CancellationToken.None)).Accepted().Id;

    /// <summary>Submits a run that is not due yet: its first event and its start are two commits.</summary>
    public Task<Guid> SubmitSoon(string deployment) => Submit(deployment, at: Time.GetUtcNow() + TimeSpan.FromMilliseconds(300));

    /// <summary>Registers a deployment and submits a run of it.</summary>
    public async Task<Guid> Run(DeploymentSpec spec)
    {
        await Register(spec);
        return await Submit(spec.Name);
    }

    public async Task<RunCancelAccepted> Cancel(Guid run, string? reason = null) =>
        (await Node.AskAsync(new CancelRun(run, reason), CancellationToken.None)).Accepted();

    public async Task SetLimit(string name, int size) =>
        (await Node.AskAsync(new SetLimit(name, size), CancellationToken.None)).Accepted();

    public async Task<LimitView> Limit(string name) =>
        (await Node.AskAsync(new ListLimits(), CancellationToken.None)).Accepted().Items.Single(l => l.Name == name);

    /// <summary>Waits until everything before this occurrence of a deployment is decided.</summary>
    public Task UntilNextRun(string deployment, DateTimeOffset next) => Until(async () =>
        (await Node.AskAsync(new GetDeployment(deployment), CancellationToken.None)).Accepted().NextRun == next);

    /// <summary>The run as it stands. A refusal because the store failed says itself that sending it again is safe.</summary>
    public async Task<RunView> View(Guid run)
    {
        var reply = await Node.AskAsync(new GetRun(run), CancellationToken.None);
        for (var again = 0; reply.Refusal is StoreNotAvailable && again < 10; again++)
        {
            reply = await Node.AskAsync(new GetRun(run), CancellationToken.None);
        }

        return reply.Accepted();
    }

    /// <summary>The run once it has been in a state of this name.</summary>
    public Task<RunView> Until(Guid run, string state) => Until(run, history => history.Any(h => h.State.Name == state));

    /// <summary>The run once it has ended.</summary>
    public Task<RunView> Ended(Guid run) => Until(run, history => history[^1].State.IsTerminal);

    public async Task<RunView> Until(Guid run, Func<ImmutableArray<RunStateChange>, bool> isSo)
    {
        await Until(async () =>
            (await Node.AskAsync(new GetRunHistory(run, 0), CancellationToken.None)) is { Refusal: null } history && isSo(history.Value));
        return await View(run);
    }

    /// <summary>Waits for a state without asking the run itself, which a node that is being stopped may have put away.</summary>
    public Task UntilHistory(Guid run, string state) => Until(async () =>
        (await Node.AskAsync(new GetRunHistory(run, 0), CancellationToken.None)) is { Refusal: null } history
        && history.Value.Any(h => h.State.Name == state));

    /// <summary>Waits until something is so, looking anew at each state change of the node.</summary>
    public Task Until(Func<Task<bool>> isSo) => Until(() => Volatile.Read(ref _change).Task, isSo);

    /// <summary>Waits until something is so that no state of a run says, looking anew whenever something was written.</summary>
    public Task UntilWritten(Func<Task<bool>> isSo) => Until(() => Store.NextCommit, isSo);

    private static async Task Until(Func<Task> next, Func<Task<bool>> isSo)
    {
        while (true)
        {
            var change = next();
            if (await isSo())
            {
                return;
            }

            await change.WaitAsync(Patience);
        }
    }

    /// <summary>Every run of a deployment, oldest first.</summary>
    public async Task<ImmutableArray<RunSummary>> Runs(string deployment) =>
        [.. (await Node.AskAsync(new ListRuns(Deployment: deployment, Limit: 1000), CancellationToken.None)).Accepted().Items.OrderBy(r => r.Due)];

    /// <summary>Every run of a deployment once so many have ended.</summary>
    public async Task<ImmutableArray<RunSummary>> EndedRuns(string deployment, int count)
    {
        await Until(async () => (await Runs(deployment)).Count(r => r.State.IsTerminal) >= count);
        return await Runs(deployment);
    }

    /// <summary>Sends what the inside of the node might send to a run.</summary>
    public void TellRun(Guid run, object message) =>
        Node.Parts.Router.Tell(new EntityKey(EntityKinds.FlowRun, run.ToString("D")), message, null);

    public string Stdout(Guid run, int attempt = 1) => File.ReadAllText(Files.Stdout(new AttemptKey(run, attempt)));

    public string Stderr(Guid run, int attempt = 1) => File.ReadAllText(Files.Stderr(new AttemptKey(run, attempt)));

    public string InWork(string name) => Path.Combine(Work, name);

    /// <summary>What programs have appended to a file of the working folder.</summary>
    public string[] Lines(string name) => File.Exists(InWork(name)) ? File.ReadAllLines(InWork(name)) : [];

    public Fifo Fifo(string name) => new(InWork(name));

    public async ValueTask DisposeAsync()
    {
        if (_node is null && _ownsRoot)
        {
            // A node that was killed has left its processes, and its next life is who ends them.
            await StartNodeAsync();
        }

        if (_node is not null)
        {
            Store.Heal();
            await StopNodeAsync(StopMode.Immediate).WaitAsync(Patience);
        }

        if (_ownsRoot)
        {
            var left = Leftovers.Of(_root.FullName);
            Array.ForEach(left, Pids.Kill);
            _root.Delete(recursive: true);
            await SharedPostgres.DropDatabaseAsync(_database);
            Assert.True(left.Length == 0, $"Processes {string.Join(", ", left)} were left.");
        }
    }

    private async Task<IEntityStore> OpenAsync()
    {
        if (_options.Kind == TestedStore.PostgreSql)
        {
            return await PostgresEntityStore.OpenAsync(
                new PostgresStoreOptions(_database ??= await SharedPostgres.CreateDatabaseAsync()), Tables.All, Serilog.Core.Logger.None);
        }

        var options = new SqliteStoreOptions(Path.Combine(Data, "runner.db")) { LargestSize = _options.LargestDatabase };
        return await SqliteEntityStore.OpenAsync(options, Tables.All, Serilog.Core.Logger.None);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task CloseAsync()
    {
        _subscription?.Dispose();
        (_flowRunner as IDisposable)?.Dispose();
        await Store.DisposeAsync();
        (_node, _store, _flowRunner) = (null, null, null);
    }
}

internal static class Replies
{
    /// <summary>The value of a reply that is no refusal.</summary>
    public static T Accepted<T>(this Reply<T> reply)
    {
        Assert.Null(reply.Refusal);
        return reply.Value!;
    }

    public static TRefusal Refused<TRefusal, T>(this Reply<T> reply)
        where TRefusal : Refusal => Assert.IsType<TRefusal>(reply.Refusal);

    public static string[] Names(this RunView run) => [.. run.History.Select(h => h.State.Name)];

    public static ImmutableSortedDictionary<string, JsonElement> Json(string text) =>
        JsonDocument.Parse(text).RootElement.EnumerateObject().ToImmutableSortedDictionary(p => p.Name, p => p.Value.Clone());
}

/// <summary>A pipe that programs hold open, so that a test hears when the last of them is gone, whoever's children they are.</summary>
internal sealed class LifeLine(Fifo fifo)
{
    private readonly Task _read = fifo.ReadNumbers();

    /// <summary>What a script begins with, to hold the line; what it starts holds it too.</summary>
    public string Hold => $"exec 9>{fifo.Path};";

    /// <summary>
    /// Completes when nobody holds it any more. Asked for once its programs hold it, or have come to their end, be it before they held it.
    /// </summary>
    public Task CutAsync()
    {
        // Whoever waits for a first writer of a pipe waits for ever if the program was ended before it became one.
        using var held = File.Open(fifo.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        return _read;
    }
}

/// <summary>The processes of a node that a test killed are still the test's own children.</summary>
internal static class Children
{
    /// <summary>Takes the exit status away, as whoever inherits the children of a dead node does. Waits until it has ended.</summary>
    public static async Task Reap(int pid) => Assert.Equal(pid, await Task.Run(() => WaitPid(pid, 0, 0)).WaitAsync(NodeFixture.Patience));

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "waitpid")]
    [System.Runtime.InteropServices.DefaultDllImportSearchPaths(System.Runtime.InteropServices.DllImportSearchPath.SafeDirectories)]
    private static extern int WaitPid(int pid, nint status, int options);
}

/// <summary>Finds processes by the mark that attempts carry.</summary>
internal static class Leftovers
{
    /// <summary>The pids of living processes whose RUNNER_RESULT_FILE lies under a folder.</summary>
    public static int[] Of(string folder) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!, null))
            .Where(pid => Environment(pid).Contains($"RUNNER_RESULT_FILE={folder}/", StringComparison.Ordinal)),
    ];

    private static string Environment(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // It has ended, or is another user's.
        }
    }
}
