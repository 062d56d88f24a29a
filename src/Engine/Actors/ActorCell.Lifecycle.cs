namespace Runner.Engine.Actors;

/// <content>Creation, death watch and termination.</content>
internal sealed partial class ActorCell
{
    private bool IsTerminating => _extras?.Pending == PendingStep.Termination;

    /// <summary>Stops from any thread, after the message being handled.</summary>
    internal void StopSelf() => SendSystem(new SystemMessage(SystemMessageKind.Terminate));

    private void StopChild(ActorCell child)
    {
        var extras = Extras;
        if (extras.Children.Contains(child) && extras.Dying.Add(child))
        {
            child.StopSelf();
        }
    }

    private void Handle(SystemMessage message)
    {
        try
        {
            switch (message.Kind)
            {
                case SystemMessageKind.Watch:
                    (Extras.WatchedBy ??= []).Add(message.Actor!);
                    break;
                case SystemMessageKind.Unwatch:
                    _extras?.WatchedBy?.Remove(message.Actor!);
                    break;
                case SystemMessageKind.DeathNotice:
                    OnDeath(message.Actor!);
                    break;
                case SystemMessageKind.Failed:
                    OnChildFailed((ActorCell)message.Actor!, message.Cause!);
                    break;
                case SystemMessageKind.Suspend:
                    _suspendCount++;
                    SuspendChildren(null, []);
                    break;
                case SystemMessageKind.Resume:
                    OnResume(message.Cause);
                    break;
                case SystemMessageKind.Restart:
                    OnRestart(message.Cause!);
                    break;
                case SystemMessageKind.Terminate:
                    Terminate();
                    break;
            }
        }
        catch (Exception e)
        {
            Fail(e, null, []);
        }
    }

    private void CreateActor()
    {
        try
        {
            _actor = Construct();
            _actor.AroundPreStart();
        }
        catch (Exception e)
        {
            _actor = null;
            Fail(new ActorInitializationException(this, $"Actor {Path} could not be started: {e.Message}", e), null, []);
        }
    }

    private ActorBase Construct()
    {
        var outer = t_underConstruction;
        t_underConstruction = this;
        try
        {
            var actor = _props.Factory();
            return actor is not null && actor.OwnCell == this && actor != _actor
                ? actor
                : throw new InvalidOperationException("The factory of the Props must return a new actor each time it is called.");
        }
        finally
        {
            t_underConstruction = outer;
        }
    }

    private void OnDeath(IInternalRef dead)
    {
        if (_extras is not { } extras)
        {
            return;
        }

        if (extras.Watching?.Remove(dead, out object? message) == true && !IsTerminating)
        {
            var notice = new TerminatedNotice(dead, message ?? new Terminated(dead));
            (extras.Notices ??= [])[dead] = notice;
            Tell(notice, dead);
        }

        if (dead is ActorCell child && extras.Children.Remove(child))
        {
            extras.Dying.Remove(child);
            extras.RestartStatistics?.Remove(child);
            extras.AlsoFailed?.Remove(child);
            ContinuePending(extras);
        }
    }

    private void ContinuePending(CellExtras extras)
    {
        switch (extras.Pending)
        {
            case PendingStep.Creation when extras.Dying.Count == 0:
                FinishCreate();
                break;
            case PendingStep.Recreation when extras.Dying.Count == 0:
                FinishRestart(extras.RestartCause!);
                break;
            case PendingStep.Termination when extras.Children.Count == 0:
                FinishTermination();
                break;
        }
    }

    private void Terminate()
    {
        CancelDelays();
        if (_extras is { } extras)
        {
            extras.Children.Close();
            UnwatchAll(extras);
            foreach (var child in extras.Children.Snapshot())
            {
                StopChild(child);
            }

            if (extras.Children.Count > 0)
            {
                // A child's last failure is nobody's business any more, and no further message is handled.
                extras.Failed = true;
                _suspendCount += extras.Pending == PendingStep.Termination ? 0 : 1;
                extras.Pending = PendingStep.Termination;
                return;
            }
        }

        FinishTermination();
    }

    private void FinishTermination()
    {
        _terminated = true;
        try
        {
            _actor?.AroundPostStop();
        }
        catch (Exception e)
        {
            Log.Error(e, "PostStop of {Actor} failed", Path);
        }

        _lastWords = _system.Log.IsEnabled(Serilog.Events.LogEventLevel.Debug) ? _actor?.AroundLogContext : null;
        CancelDelays();
        _extras?.Stash?.UnstashAll();
        CloseMailbox();
        TellDeath();
        _actor = null;
        if (_parent is null)
        {
            _system.OnGuardianTerminated();
        }
        else
        {
            _extras = null;
        }
    }

    private void CloseMailbox()
    {
        for (var message = ReverseSystem(Interlocked.Exchange(ref _systemHead, DeadSystem)); message is not null;)
        {
            var next = message.Next;
            AnswerAsDead(message);
            message = next;
        }

        var newest = Interlocked.Exchange(ref _head, Dead);
        var batch = _batch;
        _batch = null;
        SendToDeadLetters(batch);
        SendToDeadLetters(newest is null ? null : Reverse(newest));
    }

    private void SendToDeadLetters(Envelope? first)
    {
        for (var envelope = first; envelope is not null; envelope = envelope.Next)
        {
            _system.PublishDeadLetter(envelope.Message, envelope.Sender, this);
        }
    }

    private void TellDeath()
    {
        _parent?.SendSystem(new SystemMessage(SystemMessageKind.DeathNotice, this));
        if (_extras is not { } extras)
        {
            return;
        }

        foreach (var watcher in extras.WatchedBy ?? [])
        {
            // The parent knows; its removal of the child and its watch are settled by the one notice.
            if (watcher != _parent)
            {
                watcher.SendSystem(new SystemMessage(SystemMessageKind.DeathNotice, this));
            }
        }

        UnwatchAll(extras);
    }

    private void UnwatchAll(CellExtras extras)
    {
        foreach (var watched in extras.Watching?.Keys ?? Enumerable.Empty<IActorRef>())
        {
            ((IInternalRef)watched).SendSystem(new SystemMessage(SystemMessageKind.Unwatch, this));
        }

        extras.Watching = null;
        extras.Notices = null;
    }

    private void AnswerAsDead(SystemMessage message)
    {
        if (message.Kind == SystemMessageKind.Watch)
        {
            message.Actor!.SendSystem(new SystemMessage(SystemMessageKind.DeathNotice, this));
        }
    }
}
