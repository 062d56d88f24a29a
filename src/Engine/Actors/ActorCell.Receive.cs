using Runner.Engine.Clock;

namespace Runner.Engine.Actors;

/// <content>Messages the engine handles itself: timers, receive timeout, death notices, poison.</content>
internal sealed partial class ActorCell
{
    private EngineRuntime Runtime => _system.Runtime;

    private void ReceiveAuto(AutoReceivedMessage message, IActorRef? sender)
    {
        switch (message)
        {
            case PoisonPill:
                StopSelf();
                break;
            case TimerEntry entry when _extras?.Timers?.Accept(entry) == true:
                Deliver(entry.Message, sender);
                break;
            case TerminatedNotice notice when TakeNotice(notice):
                Deliver(notice.Message, notice.Actor);
                break;
            case ReceiveTimeoutCheck check when check.Generation == _extras?.ReceiveTimeoutGeneration:
                CheckReceiveTimeout(_extras);
                break;
        }
    }

    // In an envelope of its own, so that the actor can stash what it sees.
    private void Deliver(object message, IActorRef? sender)
    {
        _current = new Envelope(message, sender);
        _actor!.AroundReceive(message);
        NoteActivity(message);
    }

    private bool TakeNotice(TerminatedNotice notice) =>
        _extras?.Notices is { } notices
        && notices.TryGetValue(notice.Actor, out var queued)
        && queued == notice
        && notices.Remove(notice.Actor);

    private void NoteActivity(object message)
    {
        if (_extras is { ReceiveTimeout: not null } extras && message is not INotInfluenceReceiveTimeout)
        {
            extras.LastActivity = Runtime.Clock.Timestamp;
        }
    }

    // One timer runs on whatever arrives; it looks at the time of the last message when it fires, instead of being moved by each.
    private void CheckReceiveTimeout(CellExtras extras)
    {
        var timeout = extras.ReceiveTimeout!.Value;
        var left = timeout - TimeSpan.FromTicks(Runtime.Clock.Timestamp - extras.LastActivity);
        if (left > TimeSpan.Zero)
        {
            ArmReceiveTimeout(extras, left);
            return;
        }

        extras.LastActivity = Runtime.Clock.Timestamp;
        ArmReceiveTimeout(extras, timeout);
        Deliver(ReceiveTimeout.Instance, null);
    }

    private void ArmReceiveTimeout(CellExtras extras, TimeSpan delay)
    {
        var check = new ReceiveTimeoutCheck(extras.ReceiveTimeoutGeneration);
        extras.ReceiveTimeoutTimer = Runtime.Timers.ScheduleOnce(delay, () => Tell(check));
    }

    private void SetReceiveTimeout(TimeSpan? timeout)
    {
        if (_extras is null && timeout is null)
        {
            return;
        }

        var extras = Extras;
        extras.ReceiveTimeoutTimer?.Cancel();
        extras.ReceiveTimeoutTimer = null;
        extras.ReceiveTimeoutGeneration++;
        extras.ReceiveTimeout = timeout;
        if (timeout is { } delay)
        {
            extras.LastActivity = Runtime.Clock.Timestamp;
            ArmReceiveTimeout(extras, delay);
        }
    }

    private void CancelDelays()
    {
        _extras?.Timers?.CancelAll();
        SetReceiveTimeout(null);
    }
}
