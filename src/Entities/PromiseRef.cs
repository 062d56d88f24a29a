using Akka.Actor;

namespace Runner.Entities;

/// <summary>
/// The sender of one request, whose answer completes a task. In place of Akka's Ask where it must be said on which thread the caller goes on:
/// the simulation has one only.
/// </summary>
public sealed class PromiseRef : MinimalActorRef
{
    private readonly TaskCompletionSource<object> _answer;
    private readonly IInternalActorRef _container;

    private PromiseRef(ActorSystem system, bool inline)
    {
        Provider = ((ExtendedActorSystem)system).Provider;
        _answer = new TaskCompletionSource<object>(inline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        Path = Provider.TempPath();
        _container = Provider.TempContainer;
    }

    /// <inheritdoc/>
    public override ActorPath Path { get; }

    /// <inheritdoc/>
    public override IActorRefProvider Provider { get; }

    /// <summary>Sends a request and waits for the answer.</summary>
    /// <param name="inline">Whether the caller goes on in the turn of whoever answers; otherwise on a thread of its own.</param>
    /// <param name="send">Sends the request in the name of the sender it is given.</param>
    /// <param name="again">After how long without an answer it is sent once more, then after twice as long, then each second; null for never. For
    /// requests that may be answered twice, on their way through a cluster, which loses what it had for a node that is gone.</param>
    /// <returns>Null if there was no answer in time.</returns>
    /// <exception cref="OperationCanceledException">The caller has given up.</exception>
    public static async Task<object?> AskAsync(
        ActorSystem system, TimeProvider time, bool inline, TimeSpan timeout, Action<IActorRef> send, CancellationToken cancel,
        TimeSpan? again = null)
    {
        cancel.ThrowIfCancellationRequested();
        var promise = new PromiseRef(system, inline);
        promise.Provider.RegisterTempActor(promise, promise.Path);
        await using var timer = time.CreateTimer(
            static p => ((PromiseRef)p!)._answer.TrySetResult(NoAnswer.Instance), promise, timeout, Timeout.InfiniteTimeSpan);
        await using var cancelled = cancel.Register(static p => ((PromiseRef)p!)._answer.TrySetCanceled(), promise);
        using var resend = again is { } first ? new Resend(promise, send, time, first) : null;
        try
        {
            send(promise);
            var answer = await promise._answer.Task.ConfigureAwait(false);
            return ReferenceEquals(answer, NoAnswer.Instance) ? null : answer;
        }
        finally
        {
            promise.Provider.UnregisterTempActor(promise.Path);
        }
    }

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender) => _answer.TrySetResult(message);

    private sealed class Resend : IDisposable
    {
        private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

        private readonly ITimer _timer;
        private TimeSpan _after;

        public Resend(PromiseRef promise, Action<IActorRef> send, TimeProvider time, TimeSpan first)
        {
            _after = first;
            _timer = time.CreateTimer(
                _ =>
                {
                    if (!promise._answer.Task.IsCompleted)
                    {
                        send(promise);
                        // No longer: what was lost with a node is asked anew as soon as another one has taken over.
                        _after = 2 * _after < Longest ? 2 * _after : Longest;
                        _timer!.Change(_after, Timeout.InfiniteTimeSpan);
                    }
                }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            // Begun only once it is known how to go on.
            _timer.Change(first, Timeout.InfiniteTimeSpan);
        }

        public void Dispose() => _timer.Dispose();
    }

    private sealed class NoAnswer
    {
        public static readonly NoAnswer Instance = new();
    }
}
