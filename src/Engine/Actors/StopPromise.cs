using Runner.Engine.Clock;

namespace Runner.Engine.Actors;

/// <summary>Watches one actor until it has stopped or time is up.</summary>
internal sealed class StopPromise(ActorSystem system, IInternalRef target) : IInternalRef, IThreadPoolWorkItem
{
    private readonly TaskCompletionSource<bool> _source = new();
    private ICancelable? _timer;
    private int _done;
    private bool _stopped;

    public string Name => "gracefulStop";

    public string Path => $"{target.Path}/{Name}";

    public Task<bool> Task => _source.Task;

    public void Start(object stopMessage, TimeSpan timeout)
    {
        target.SendSystem(new SystemMessage(SystemMessageKind.Watch, this));
        _timer = system.Runtime.Timers.ScheduleOnce(timeout, () => Complete(false));
        target.Tell(stopMessage);
    }

    public void Tell(object message, IActorRef? sender = null) => system.PublishDeadLetter(message, sender, this);

    public void SendSystem(SystemMessage message)
    {
        if (message.Kind == SystemMessageKind.DeathNotice)
        {
            Complete(true);
        }
    }

    public void Execute()
    {
        _timer?.Cancel();
        if (!_stopped)
        {
            target.SendSystem(new SystemMessage(SystemMessageKind.Unwatch, this));
        }

        _source.TrySetResult(_stopped);
    }

    private void Complete(bool stopped)
    {
        if (Interlocked.Exchange(ref _done, 1) == 0)
        {
            _stopped = stopped;
            system.Runtime.Outside.Execute(this);
        }
    }
}
