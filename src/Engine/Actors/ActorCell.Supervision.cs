namespace Runner.Engine.Actors;

/// <content>The parent's side of a failure: deciding about a child.</content>
internal sealed partial class ActorCell
{
    private void OnChildFailed(ActorCell child, Exception cause)
    {
        if (_extras is not { } extras || IsTerminating || !extras.Children.Contains(child))
        {
            return;
        }

        var strategy = _props.SupervisorStrategy ?? _actor?.AroundSupervisorStrategy ?? SupervisorStrategy.Default;
        Directive directive;
        try
        {
            directive = strategy.Decider(cause);
        }
        catch (Exception e)
        {
            Fail(e, child, []);
            return;
        }

        LogFailure(child, cause, directive);
        switch (directive)
        {
            case Directive.Resume:
                child.SendSystem(new SystemMessage(SystemMessageKind.Resume, cause: cause));
                break;
            case Directive.Escalate:
                Fail(cause, child, []);
                break;
            default:
                RestartOrStop(strategy, directive, child, cause, extras);
                break;
        }
    }

    private void RestartOrStop(SupervisorStrategy strategy, Directive directive, ActorCell failed, Exception cause, CellExtras extras)
    {
        var affected = strategy.Affected(failed, extras.Children);
        bool restart = directive == Directive.Restart;
        foreach (var child in restart ? affected : [])
        {
            restart &= MayRestart(strategy, child, extras);
        }

        foreach (var child in affected)
        {
            if (!restart)
            {
                StopChild(child);
                continue;
            }

            if (child != failed)
            {
                child.SendSystem(new SystemMessage(SystemMessageKind.Suspend));
            }

            child.SendSystem(new SystemMessage(SystemMessageKind.Restart, cause: cause));
        }
    }

    private bool MayRestart(SupervisorStrategy strategy, ActorCell child, CellExtras extras)
    {
        if (strategy.MaxNrOfRetries < 0 && strategy.WithinTimeRange is null)
        {
            return true;
        }

        extras.RestartStatistics ??= [];
        if (!extras.RestartStatistics.TryGetValue(child, out var statistics))
        {
            extras.RestartStatistics[child] = statistics = new RestartStatistics();
        }

        return statistics.RequestPermission(strategy.MaxNrOfRetries, strategy.WithinTimeRange, Runtime.Clock.Timestamp);
    }

    private static void LogFailure(ActorCell child, Exception cause, Directive directive)
    {
        var level = directive switch
        {
            Directive.Resume => Serilog.Events.LogEventLevel.Warning,
            Directive.Escalate => Serilog.Events.LogEventLevel.Debug, // Logged by whoever decides.
            _ => Serilog.Events.LogEventLevel.Error,
        };
        child.Log.Write(level, cause, "{Actor} failed: {Directive}", child.Path, directive);
    }
}
