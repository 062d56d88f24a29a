using System.Collections.Concurrent;
using Runner.Actors;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Entities.Store;
using Runner.Host.Cluster;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>A whole node in this process: actors, a store with full sync, real processes; all but HTTP.</summary>
/// <remarks>
/// The store is on disk; the programs' output files, the bare loop's too, are in memory where the system has a place for that. ext4 hands
/// out inodes that were freed in the last minutes several times more slowly than others, and which of the two loops meets them is chance.
/// </remarks>
internal sealed class BenchNode : IAsyncDisposable
{
    private const string Memory = "/dev/shm";

    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<RunStateChange>> _ends = new();
    private readonly BenchStore _store;
    private readonly IFlowRunner _flowRunner;
    private readonly IDisposable _subscription;

    private BenchNode(string folder, BenchStore store, IFlowRunner flowRunner, RunnerNode node)
    {
        (Folder, _store, _flowRunner, Node) = (folder, store, flowRunner, node);
        _subscription = Node.Subscribe(OnChange);
    }

    public string Folder { get; }

    public RunnerNode Node { get; }

    public static async Task<BenchNode> StartAsync(StoreKind kind = StoreKind.Sqlite)
    {
        var folder = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        if (Directory.Exists(Memory))
        {
            Directory.Delete(folder);
            folder = Directory.CreateDirectory(Path.Combine(Memory, Path.GetFileName(folder))).FullName;
        }

        var store = await BenchStore.OpenAsync(kind, Tables.All).ConfigureAwait(false);
        var flowRunner = LocalFlowRunner.Create(new SubprocessOptions(folder));
        return new BenchNode(
            folder, store, flowRunner,
            await ComposeAsync(store.Store, flowRunner, new NodeSettings("bench", 1000, _ => []), Stopclock.Provider).ConfigureAwait(false));
    }

    /// <summary>A node in this process as the program composes one.</summary>
    public static async Task<RunnerNode> ComposeAsync(IEntityStore store, IFlowRunner flowRunner, NodeSettings settings, TimeProvider time) =>
        (await NodeSystem.StartAsync(store, flowRunner, settings, time, Logger.None, AkkaSettings.Default, CancellationToken.None)
            .ConfigureAwait(false)).Node;

    public async Task DeployAsync(params DeploymentSpec[] specs)
    {
        var reply = await Node.AskAsync(new RegisterDeployments([.. specs]), default).ConfigureAwait(false);
        if (reply.Refusal is { } refusal)
        {
            throw new InvalidOperationException(refusal.Message);
        }
    }

    public DeploymentSpec Spec(string name, params string[] command) => new() { Name = name, Command = [.. command], Workdir = Folder };

    public async Task<Guid> SubmitAsync(string deployment)
    {
        var reply = await Node.AskAsync(new SubmitRun(deployment), default).ConfigureAwait(false);
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
        Directory.Delete(Folder, recursive: true);
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
