namespace Runner.Engine.Actors;

/// <content>What the actor sees as its context.</content>
internal sealed partial class ActorCell
{
    IActorRef IActorContext.Self => this;

    IActorRef IActorContext.Parent => _parent ?? _system.DeadLetters;

    IActorRef IActorContext.Sender => CurrentSender;

    ActorSystem IActorContext.System => _system;

    IReadOnlyCollection<IActorRef> IActorContext.Children => _extras?.Children.Snapshot() ?? [];

    ITimers IActorContext.Timers => Extras.Timers ??= new ActorTimers(this);

    IStash IActorContext.Stash => Extras.Stash ??= new ActorStash(this);

    /// <summary>For the guardian, which is given children from any thread: its extras exist from the start.</summary>
    internal void OpenToOtherThreads() => _extras = new CellExtras();

    internal IReadOnlyCollection<ActorCell> ChildCells => _extras?.Children.Snapshot() ?? [];

    public IActorRef ActorOf(Props props, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(props);
        if (_terminated && _parent is not null)
        {
            throw new InvalidOperationException($"{Path} has stopped and can have no children.");
        }

        var children = Extras.Children;
        var child = new ActorCell(_system, this, props, name is null ? children.GenerateName() : CheckName(name));
        children.Add(child);
        for (int i = 0; i < _suspendCount; i++)
        {
            child.SendSystem(new SystemMessage(SystemMessageKind.Suspend));
        }

        child.Schedule();
        return child;
    }

    IActorRef? IActorContext.Child(string name) => _extras?.Children.Find(name);

    void IActorContext.Stop(IActorRef child)
    {
        if (child == this)
        {
            StopSelf();
        }
        else if (child is ActorCell cell && cell._parent == this)
        {
            StopChild(cell);
        }
        else
        {
            throw new ArgumentException($"{child.Path} is neither {Path} nor a child of it.", nameof(child));
        }
    }

    void IActorContext.Watch(IActorRef actor) => Watch(actor, null);

    void IActorContext.WatchWith(IActorRef actor, object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        Watch(actor, message);
    }

    void IActorContext.Unwatch(IActorRef actor)
    {
        if (_extras?.Watching?.Remove(actor) == true)
        {
            ((IInternalRef)actor).SendSystem(new SystemMessage(SystemMessageKind.Unwatch, this));
        }

        _extras?.Notices?.Remove(actor);
    }

    void IActorContext.SetReceiveTimeout(TimeSpan? timeout)
    {
        if (timeout is { } value)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, nameof(timeout));
        }

        SetReceiveTimeout(timeout);
    }

    private void Watch(IActorRef actor, object? message)
    {
        if (actor is not IInternalRef target)
        {
            throw new NotSupportedException($"{actor.Path} is not an actor of this process and cannot be watched.");
        }

        if (target == this || _extras?.Notices?.ContainsKey(actor) == true)
        {
            return;
        }

        var watching = Extras.Watching ??= [];
        if (watching.TryAdd(actor, message))
        {
            target.SendSystem(new SystemMessage(SystemMessageKind.Watch, this));
        }
        else if (!Equals(watching[actor], message))
        {
            throw new InvalidOperationException($"{actor.Path} is watched with another message already. Unwatch it first.");
        }
    }

    private static string CheckName(string name) =>
        name.Length > 0 && name[0] != '$' && !name.Contains('/', StringComparison.Ordinal)
            ? name
            : throw new ArgumentException($"«{name}» is no name for an actor: not empty, no slash, no leading dollar sign.", nameof(name));
}
