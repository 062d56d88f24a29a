namespace Runner.Engine.Actors;

/// <summary>
/// An actor made of handlers by message type. Register them in the constructor or in what is given to <see cref="Become"/>; the
/// first that fits, in order of registration, gets the message.
/// </summary>
public abstract class ReceiveActor : ActorBase
{
    private Handler[] _handlers = [];
    private bool _configured;

    /// <summary>Handles messages of type <typeparamref name="T"/> (and derived).</summary>
    protected void Receive<T>(Action<T> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Add(new TypedHandler<T>(handler, null));
    }

    /// <summary>Handles those that also satisfy the predicate; the others go on to later handlers.</summary>
    protected void Receive<T>(Action<T> handler, Predicate<T> shouldHandle)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(shouldHandle);
        Add(new TypedHandler<T>(handler, shouldHandle));
    }

    /// <summary>Handles whatever earlier handlers left.</summary>
    protected void ReceiveAny(Action<object> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Add(new TypedHandler<object>(handler, null));
    }

    /// <summary>Replaces all handlers by those that <paramref name="configure"/> registers, from the next message on.</summary>
    protected void Become(Action configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        bool wasConfigured = _configured; // In the constructor more handlers may follow.
        _handlers = [];
        _configured = false;
        try
        {
            configure();
        }
        finally
        {
            _configured = wasConfigured;
        }
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        _configured = true;
        foreach (var handler in _handlers)
        {
            if (handler.TryHandle(message))
            {
                return;
            }
        }

        Unhandled(message);
    }

    private void Add(Handler handler)
    {
        if (_configured)
        {
            throw new InvalidOperationException("Handlers are registered in the constructor or within Become.");
        }

        // Grown by one: it happens a few times per instance, and a million idle actors keep no slack.
        Array.Resize(ref _handlers, _handlers.Length + 1);
        _handlers[^1] = handler;
    }

    private abstract class Handler
    {
        public abstract bool TryHandle(object message);
    }

    private sealed class TypedHandler<T>(Action<T> handler, Predicate<T>? shouldHandle) : Handler
    {
        public override bool TryHandle(object message)
        {
            if (message is not T typed || (shouldHandle is not null && !shouldHandle(typed)))
            {
                return false;
            }

            handler(typed);
            return true;
        }
    }
}
