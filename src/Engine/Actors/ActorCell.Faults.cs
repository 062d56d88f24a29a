namespace Runner.Engine.Actors;

/// <content>
/// Failure, suspension, resumption and restart. Every suspension of an actor is balanced by one resumption or restart: its own failure
/// by its parent's decision about it, its parent's suspension by the decision about the parent.
/// </content>
internal sealed partial class ActorCell
{
    /// <param name="perpetrator">The child that escalated, if it was one.</param>
    /// <param name="suspended">Children that are suspended already.</param>
    private void Fail(Exception cause, ActorCell? perpetrator, ActorCell[] suspended)
    {
        if (_terminated)
        {
            Log.Error(cause, "{Actor} failed while stopping", Path);
            return;
        }

        var extras = Extras;
        if (extras.Failed)
        {
            Log.Error(cause, "{Actor} failed again before its supervisor had decided", Path);
            if (perpetrator is not null)
            {
                (extras.AlsoFailed ??= []).Add(perpetrator);
            }

            return;
        }

        extras.Failed = true;
        extras.Perpetrator = perpetrator;
        extras.FailedMessage = _current?.Message;
        _suspendCount++;
        SuspendChildren(perpetrator, suspended);
        if (_parent is null)
        {
            _system.Log.Fatal(cause, "The guardian of {System} failed; stopping all actors", _system.Name);
            StopSelf();
        }
        else
        {
            _parent.SendSystem(new SystemMessage(SystemMessageKind.Failed, this, cause));
        }
    }

    private void SuspendChildren(ActorCell? except, ActorCell[] alsoExcept)
    {
        foreach (var child in ChildCells)
        {
            if (child != except && Array.IndexOf(alsoExcept, child) < 0)
            {
                child.SendSystem(new SystemMessage(SystemMessageKind.Suspend));
            }
        }
    }

    private void OnResume(Exception? cause)
    {
        if (_actor is null && _extras?.Pending is null or PendingStep.None)
        {
            RestartCreation();
            return;
        }

        ResumeSelf();
        var perpetrator = _extras?.Perpetrator;
        var alsoFailed = cause is null ? [] : ClearFailure();
        foreach (var child in ChildCells)
        {
            child.SendSystem(new SystemMessage(SystemMessageKind.Resume, cause: child == perpetrator ? cause : null));
        }

        foreach (var child in alsoFailed)
        {
            child.SendSystem(new SystemMessage(SystemMessageKind.Resume, cause: cause));
        }
    }

    private void OnRestart(Exception cause)
    {
        var extras = Extras;
        if (extras.Pending != PendingStep.None)
        {
            OnResume(null);
            return;
        }

        if (_actor is null)
        {
            RestartCreation();
            return;
        }

        try
        {
            _actor.AroundPreRestart(cause, extras.FailedMessage);
        }
        catch (Exception e)
        {
            Log.Error(e, "PreRestart of {Actor} failed", Path);
        }

        extras.Stash?.UnstashAll();
        CancelDelays();
        if (extras.Dying.Count > 0)
        {
            extras.RestartCause = cause;
            extras.Pending = PendingStep.Recreation;
        }
        else
        {
            FinishRestart(cause);
        }
    }

    private void FinishRestart(Exception cause)
    {
        var extras = Extras;
        extras.Pending = PendingStep.None;
        extras.RestartCause = null;
        var survivors = extras.Children.Snapshot();
        ResumeSelf();
        var alsoFailed = ClearFailure();
        try
        {
            _actor = Construct();
            _actor.AroundPostRestart(cause);
        }
        catch (Exception e)
        {
            _actor = null;
            Fail(new PostRestartException(this, e), null, survivors);
            return;
        }

        foreach (var child in survivors)
        {
            child.SendSystem(new SystemMessage(SystemMessageKind.Restart, cause: cause));
        }

        foreach (var child in alsoFailed)
        {
            child.SendSystem(new SystemMessage(SystemMessageKind.Resume));
        }
    }

    private void ResumeSelf()
    {
        _suspendCount--;
        if (_extras is not null)
        {
            _extras.HeldTail = null; // The batch is consumed from now on; its tail may be gone by the next suspension.
        }
    }

    // There is no instance to resume or restart: start anew, once children of the attempt before have ended.
    private void RestartCreation()
    {
        var extras = Extras;
        CancelDelays();
        foreach (var child in extras.Children.Snapshot())
        {
            StopChild(child);
        }

        if (extras.Dying.Count > 0)
        {
            extras.Pending = PendingStep.Creation;
        }
        else
        {
            FinishCreate();
        }
    }

    private void FinishCreate()
    {
        Extras.Pending = PendingStep.None;
        ResumeSelf();
        ClearFailure();
        CreateActor();
    }

    private List<ActorCell> ClearFailure()
    {
        if (_extras is not { } extras)
        {
            return [];
        }

        var alsoFailed = extras.AlsoFailed ?? [];
        extras.Failed = false;
        extras.FailedMessage = null;
        extras.Perpetrator = null;
        extras.AlsoFailed = null;
        return alsoFailed;
    }
}
