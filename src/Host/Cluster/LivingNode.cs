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
    private readonly List<Subscription> _subscriptions = [];

    /// <summary>From now on requests go to this life; null for none.</summary>
    public void Turn(IRunnerNode? life)
    {
        Action?[] missed;
        lock (_lock)
        {
            missed = [.. _subscriptions.Select(subscription =>
            {
                subscription.Turn(life);
                return subscription.Missed;
            })];
            _current?.Over.TrySetResult();
            _current = life is null ? null : new Life(life, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        if (life is not null)
        {
            // What has changed between two lives nobody has heard of.
            Array.ForEach(missed, each => each?.Invoke());
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
    public IDisposable Subscribe(Action<RunStateChanged> observer, Action? missed, RunsOf of)
    {
        lock (_lock)
        {
            var subscription = new Subscription(this, observer, missed, of);
            subscription.Turn(_current?.Node);
            _subscriptions.Add(subscription);
            return subscription;
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(StopMode mode) => stop(mode);

    private sealed record Life(IRunnerNode Node, TaskCompletionSource Over);

    /// <summary>Somebody who observes every life.</summary>
    private sealed class Subscription(LivingNode owner, Action<RunStateChanged> observer, Action? missed, RunsOf of) : IDisposable
    {
        private IDisposable? _of;

        public Action? Missed => missed;

        public void Turn(IRunnerNode? life)
        {
            _of?.Dispose();
            _of = life?.Subscribe(observer, missed, of);
        }

        public void Dispose()
        {
            lock (owner._lock)
            {
                Turn(null);
                owner._subscriptions.Remove(this);
            }
        }
    }
}
