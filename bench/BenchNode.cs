using System.Collections.Concurrent;
using Runner.Actors;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Engine.Clock;
using Runner.Persistence.Sqlite;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>A whole node in this process: actors, SQLite with full sync, real processes; all but HTTP.</summary>
/// <remarks>
/// The store is on disk; the programs' output files, the bare loop's too, are in memory where the system has a place for that. ext4 hands
/// out inodes that were freed in the last minutes several times more slowly than others, and which of the two loops meets them is chance.
/// </remarks>
internal sealed class BenchNode : IAsyncDisposable
{
    private const string Memory = "/dev/shm";

    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<RunStateChange>> _ends = new();
    private readonly string _disk;
    private readonly SqliteEntityStore _store;
    private readonly IFlowRunner _flowRunner;
    private readonly IDisposable _subscription;

    private BenchNode(string disk, string folder, SqliteEntityStore store, int limit)
    {
        _disk = disk;
        Folder = folder;
        _store = store;
        _flowRunner = LocalFlowRunner.Create(new SubprocessOptions(folder));
        Node = RunnerNode.Start(EngineRuntime.CreateReal(), store, _flowRunner, new NodeSettings("bench", limit, _ => []), Logger.None);
        _subscription = Node.Subscribe(OnChange);
    }

    public string Folder { get; }

    public RunnerNode Node { get; }

    public static async Task<BenchNode> StartAsync(int limit = 1000)
    {
        var disk = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var folder = Directory.Exists(Memory) ? Directory.CreateDirectory(Path.Combine(Memory, Path.GetFileName(disk))).FullName : disk;
        var store = await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(Path.Combine(disk, "store.db")), Tables.All, Logger.None)
            .ConfigureAwait(false);
        return new BenchNode(disk, folder, store, limit);
    }

    public async Task DeployAsync(params DeploymentSpec[] specs)
    {
        var reply = await Node.RegisterAsync([.. specs], dryRun: false, default).ConfigureAwait(false);
        if (reply.Refusal is { } refusal)
        {
            throw new InvalidOperationException(refusal.Message);
        }
    }

    public DeploymentSpec Spec(string name, params string[] command) => new() { Name = name, Command = [.. command], Workdir = Folder };

    public async Task<Guid> SubmitAsync(string deployment)
    {
        var reply = await Node.SubmitAsync(new SubmitRun(deployment), default).ConfigureAwait(false);
        return reply.Refusal is { } refusal ? throw new InvalidOperationException(refusal.Message) : reply.Value!.Id;
    }

    public Task<RunStateChange> EndOf(Guid run) => Source(run).Task;

    public async Task RunAsync(string deployment) => await EndOf(await SubmitAsync(deployment).ConfigureAwait(false)).ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        _subscription.Dispose();
        await Node.StopAsync(StopMode.Immediate).ConfigureAwait(false);
        (_flowRunner as IDisposable)?.Dispose();
        await _store.DisposeAsync().ConfigureAwait(false);
        Directory.Delete(_disk, recursive: true);
        if (Folder != _disk)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private TaskCompletionSource<RunStateChange> Source(Guid run) =>
        _ends.GetOrAdd(run, static _ => new TaskCompletionSource<RunStateChange>(TaskCreationOptions.RunContinuationsAsynchronously));

    private void OnChange(RunStateChanged change)
    {
        if (change.Change.State.IsTerminal)
        {
            Source(change.Run).TrySetResult(change.Change);
        }
    }
}
