using Runner.Engine.Clock;

namespace Runner.Engine.Actors;

/// <summary>The one-time address a reply to an ask goes to.</summary>
/// <remarks>
/// The task is completed from the dispatcher, not inside the replying actor's turn: what awaits it continues on a thread of its own
/// (or as a step of its own in the simulator).
/// </remarks>
internal sealed class AskPromise<T> : IActorRef, IThreadPoolWorkItem, ILogged
{
    private static readonly object Cancelled = new();

    private readonly TaskCompletionSource<T> _source = new();
    private readonly ActorSystem _system;
    private readonly IActorRef _target;
    private readonly CancellationToken _cancellation;
    private ICancelable? _timer;
    private CancellationTokenRegistration _registration;
    private object? _outcome;

    public AskPromise(ActorSystem system, IActorRef target, CancellationToken cancellation)
    {
        _system = system;
        _target = target;
        _cancellation = cancellation;
    }

    public string Name => "ask";

    public string Path => $"{_target.Path}/ask";

    public Task<T> Task => _source.Task;

    public Serilog.Core.ILogEventEnricher? LogContext => (_target as ILogged)?.LogContext;

    public void Send(object message, TimeSpan timeout)
    {
        if (timeout != Timeout.InfiniteTimeSpan)
        {
            _timer = _system.Runtime.Timers.ScheduleOnce(timeout, () => TryComplete(
                new Status.Failure(new AskTimeoutException(_target.Path, message.GetType(), timeout))));
        }

        if (_cancellation.CanBeCanceled)
        {
            _registration = _cancellation.UnsafeRegister(static promise => ((AskPromise<T>)promise!).TryComplete(Cancelled), this);
        }

        _target.Tell(message, this);
    }

    public void Tell(object message, IActorRef? sender = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (!TryComplete(message))
        {
            _system.PublishDeadLetter(message, sender, this);
        }
    }

    public void Execute()
    {
        _timer?.Cancel();
        _registration.Dispose();
        switch (_outcome)
        {
            // Before the reply: who asks for any object is not to get a failure for one.
            case var cancelled when cancelled == Cancelled:
                _source.TrySetCanceled(_cancellation);
                break;
            case Status.Failure failure when typeof(T) != typeof(Status.Failure):
                _source.TrySetException(failure.Cause);
                break;
            case T reply:
                _source.TrySetResult(reply);
                break;
            case var other:
                _source.TrySetException(new InvalidCastException(
                    $"{_target.Path} answered {other?.GetType().Name} where {typeof(T).Name} was expected."));
                break;
        }
    }

    private bool TryComplete(object outcome)
    {
        if (Interlocked.CompareExchange(ref _outcome, outcome, null) is not null)
        {
            return false;
        }

        _system.Runtime.Outside.Execute(this);
        return true;
    }
}
