using Runner.Actors;
using Runner.Messages;
using Runner.Messages.Nodes;

namespace Runner.Host.Cluster;

/// <summary>
/// A node of a cluster as the API sees it, whichever life it is in. Between two lives it refuses what it is asked, as if its store were away: whoever
/// asks again in a moment, or asks another node, is answered. Who observes it observes every life.
/// </summary>
/// <param name="stop">Ends the node for good.</param>
internal sealed class LivingNode(Func<StopMode, Task> stop) : IRunnerNode
{
    private static readonly StoreNotAvailable Between = new(
        "This node is joining its cluster and takes no requests until it is a member. Other nodes of the cluster do, and this one in a moment; "
        + "sending the command again is safe.");

    private readonly Lock _lock = new();
    private volatile Life? _current;
    private volatile Action<RunStateChanged>[] _observers = [];
    private IDisposable? _subscription;

    /// <summary>From now on requests go to this life; null for none.</summary>
    public void Turn(IRunnerNode? life)
    {
        lock (_lock)
        {
            _subscription?.Dispose();
            _subscription = life?.Subscribe(Publish);
            _current?.Over.TrySetResult();
            _current = life is null ? null : new Life(life, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }

    /// <inheritdoc/>
    public async Task<Reply<TReply>> AskAsync<TReply>(IRequest<TReply> request, CancellationToken cancel)
    {
        if (_current is not { } life)
        {
            return Between;
        }

        // What a life that is over has not answered, it never will.
        var answer = life.Node.AskAsync(request, cancel);
        return await Task.WhenAny(answer, life.Over.Task).ConfigureAwait(false) == answer ? await answer.ConfigureAwait(false) : Between;
    }

    /// <inheritdoc/>
    public Task<HealthReport> HealthAsync(CancellationToken cancel) =>
        _current?.Node.HealthAsync(cancel) ?? Task.FromResult(HealthReport.Of([new HealthCheck("node", false, Between.Message)]));

    /// <inheritdoc/>
    public OtherNode? Elsewhere(string? node) => _current?.Node.Elsewhere(node);

    /// <inheritdoc/>
    public IDisposable Subscribe(Action<RunStateChanged> observer)
    {
        lock (_lock)
        {
            _observers = [.. _observers, observer];
        }

        return new Subscription(() =>
        {
            lock (_lock)
            {
                _observers = [.. _observers.Where(o => o != observer)];
            }
        });
    }

    /// <inheritdoc/>
    public Task StopAsync(StopMode mode) => stop(mode);

    private void Publish(RunStateChanged change)
    {
        foreach (var observer in _observers)
        {
            observer(change);
        }
    }

    private sealed record Life(IRunnerNode Node, TaskCompletionSource Over);

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
