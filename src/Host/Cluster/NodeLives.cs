using System.Diagnostics.CodeAnalysis;
using Runner.Actors;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes.Health;
using Runner.Actors.Processes;
using Runner.Entities.Store;
using Runner.Host.Configuration;
using Runner.Host.Health;
using Runner.Messages.Nodes;

namespace Runner.Host.Cluster;

/// <summary>
/// The lives of a node of a cluster, one after the other: a cluster that does not reach a member parts with it, for good, and the member ends its
/// actors when it hears of that. Then the program begins another life, which joins anew. What is not actors stays: programs, which the next life
/// finds, the flow runner, the store, the API. An actor system that does not end would keep the node out of its cluster, and what it does would be
/// nobody's: then the process ends.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Nothing is left of what says that it stops once it has said so.")]
internal sealed class NodeLives : IHealthCheck
{
    /// <summary>The process ends with this when its actors do not. Whoever looks after it starts it again.</summary>
    public const int StuckExitCode = 75;

    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(10);

    /// <summary>How often a node looks whether it alone does not reach the database.</summary>
    private static readonly TimeSpan LooksForDatabaseEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan TriesAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ComesWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LooksEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>The first life is waited for, so that a node that says it is ready is one. It goes on joining all the same.</summary>
    private static readonly TimeSpan JoinsWithin = TimeSpan.FromSeconds(20);

    private readonly LifeParts _parts;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<string> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<string> _clusterLost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private volatile NodeLife? _life;
    private volatile NodeLife? _last;
    private volatile bool _isAnew;
    private IsolatedPrograms? _isolated;

    private NodeLives(LifeParts parts)
    {
        (_parts, _time, _log) = (parts, parts.Start.Time, parts.Start.Log);
        Node = new LivingNode(StopAsync);
        parts.Keeper.MostSeeItAway = () => _life?.Node.MostSeeStoreAway ?? false;
        parts.Keeper.OnClusterLost = reason => Volatile.Read(ref _clusterLost).TrySetResult(reason);
    }

    /// <summary>The node, whichever life it is in.</summary>
    public LivingNode Node { get; }

    /// <summary>Completes, with a sentence, when no further life can join.</summary>
    public Task<string> Refused => _refused.Task;

    /// <summary>What its store did not take before it ended, in a sentence; null if nothing is missing.</summary>
    public string? Unwritten => _last?.Node.Unwritten;

    /// <summary>Begins the first life, and waits a while for it to be a member.</summary>
    /// <exception cref="NodeStartException">Akka.NET does not take the settings, or the cluster does not take the node.</exception>
    /// <exception cref="StoreException">Another node has this one's name.</exception>
    public static async Task<NodeLives> StartAsync(LifeParts parts, CancellationToken cancel)
    {
        var lives = new NodeLives(parts);
        var life = await NodeLife.StartAsync(parts, isFirst: true, cancel).ConfigureAwait(false);
        try
        {
            await life.Joined.WaitAsync(JoinsWithin, parts.Start.Time, cancel).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Its health says what it waits for.
        }
        catch
        {
            await life.EndAsync().ConfigureAwait(false);
            throw;
        }

        _ = lives.BeginAsync(life);
        lives._running = Task.Run(lives.RunAsync, CancellationToken.None);
        return lives;
    }

    /// <inheritdoc/>
    public Task<HealthCheck> CheckAsync(CancellationToken cancel) => _life?.CheckAsync(cancel)
        ?? Task.FromResult(new HealthCheck(
            ClusterCheck.Name, false, "The node was taken out of its cluster, and is beginning anew to join it again."));

    /// <summary>Requests go to it once it is a member: until then its actors could only keep them.</summary>
    private async Task BeginAsync(NodeLife life, long? began = null)
    {
        (_life, _last) = (life, life);
        await Task.WhenAny(life.Joined, life.Ending).ConfigureAwait(false);
        if (!life.Joined.IsCompletedSuccessfully || _life != life)
        {
            return;
        }

        Node.Turn(life.Node);
        if (Interlocked.Exchange(ref _isolated, null) is { } isolated)
        {
            life.Node.TakeBack(isolated);
        }

        if (began is { } then)
        {
            _log.Warning("This node is a member of its cluster again, after {Time:0.0} s", _time.GetElapsedTime(then).TotalSeconds);
        }
    }

    private async Task RunAsync()
    {
        while (_life is { } life)
        {
            var stop = Task.Delay(Timeout.InfiniteTimeSpan, _time, _stopping.Token);
            var lost = Volatile.Read(ref _clusterLost).Task;
            using var over = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            var alone = AloneAsync(life, over.Token);
            await Task.WhenAny(stop, life.Ending, life.IsParted, lost, alone, FailsAsync(life.Joined)).ConfigureAwait(false);
            var isAlone = alone.IsCompletedSuccessfully;
            await over.CancelAsync().ConfigureAwait(false);
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            var began = _time.GetTimestamp();
            _log.Warning(
                "This node is no member of its cluster any more ({Why:l}). Its programs go on, and it joins again",
                lost.IsCompleted ? await lost.ConfigureAwait(false)
                : isAlone ? "it does not reach the database for longer than its leases last, and others do"
                : life.Ending.IsCompleted || life.IsParted.IsCompleted ? "the others have parted with it"
                : "it could not join");
            // Until a life is a member again; it may take several.
            _isolated ??= life.Node.Isolate();
            (_life, _isAnew) = (null, true);
            Node.Turn(null);
            await EndAsync(life).ConfigureAwait(false);
            Volatile.Write(ref _clusterLost, new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously));
            if (await NextAsync(life).ConfigureAwait(false) is { } next)
            {
                _ = BeginAsync(next, began);
            }
        }
    }

    /// <summary>Another life; null if the node is being stopped, or can have none.</summary>
    private async Task<NodeLife?> NextAsync(NodeLife former)
    {
        if (former.Joined is { IsFaulted: true, Exception.InnerException: { } refusal })
        {
            _log.Error("This node cannot join its cluster again: {Reason:l}", refusal.Message);
            _refused.TrySetResult(refusal.Message);
            return null;
        }

        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                return await NodeLife.StartAsync(_parts, isFirst: false, _stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
            catch (Exception e)
            {
                _log.Error(e, "This node could not begin anew, and tries again: {Reason:l}", e.Message);
                await Task.WhenAny(Task.Delay(TriesAgainAfter, _time, _stopping.Token)).ConfigureAwait(false);
            }
        }

        return null;
    }

    private async Task EndAsync(NodeLife life)
    {
        try
        {
            await life.EndAsync().WaitAsync(EndsWithin, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _log.Fatal(
                "The actors of this node have not ended within {Time} s after its cluster had parted with it: the process ends with exit code "
                + "{Code}. Its programs go on, and the next start finds them", EndsWithin.TotalSeconds, StuckExitCode);
            (_log as IDisposable)?.Dispose();
            Environment.Exit(StuckExitCode);
        }
        catch (Exception e)
        {
            _log.Error(e, "The actors of this node did not end as they should: {Reason:l}", e.Message);
        }
    }

    /// <summary>Ends the node for good, in whichever life it is.</summary>
    private async Task StopAsync(StopMode mode)
    {
        if (_isAnew && mode == StopMode.Graceful)
        {
            // Programs are asked gently by a life that is a member. One is about to be.
            await Task.WhenAny(ComesAsync(), Task.Delay(ComesWithin, _time)).ConfigureAwait(false);
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_life is { IsMember: true } life)
        {
            await life.LeavesAsync().ConfigureAwait(false);
            await life.Node.StopAsync(mode).ConfigureAwait(false);
        }
        else
        {
            await (_life?.EndAsync() ?? Task.CompletedTask).ConfigureAwait(false);
            if (mode == StopMode.Graceful && _isolated is { } isolated)
            {
                await isolated.EndAllAsync().ConfigureAwait(false);
            }

            (_parts.FlowRunner as IKillsAll)?.KillAll();
        }

        await _running.ConfigureAwait(false);
    }

    private async Task ComesAsync()
    {
        while (_life is not { IsMember: true } && !_running.IsCompleted)
        {
            await Task.Delay(LooksEvery, _time).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Completes when this node has not reached the database for longer than a lease lasts, while others do: it has lost what it had to them, and
    /// would keep it from them as a member. Where most do not reach it, nobody has lost anything.
    /// </summary>
    private async Task AloneAsync(NodeLife life, CancellationToken cancel)
    {
        var times = LeaseTimes.Of(_parts.Start.Options.Akka, _time);
        var patience = times.LeaseTtl + times.RenewEvery;
        using var timer = new PeriodicTimer(LooksForDatabaseEvery, _time);
        // By the clock that never steps: a wall clock that is set parts with nobody.
        long? since = null;
        while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false))
        {
            since = _parts.Keeper.IsReachable ? null : since ?? _time.GetTimestamp();
            if (since is { } began && _time.GetElapsedTime(began) > patience && life.Joined.IsCompletedSuccessfully && !life.Node.MostSeeStoreAway)
            {
                return;
            }
        }
    }

    private static async Task FailsAsync(Task joining)
    {
        await Task.WhenAny(joining).ConfigureAwait(false);
        if (!joining.IsFaulted)
        {
            await new TaskCompletionSource().Task.ConfigureAwait(false);
        }
    }
}
