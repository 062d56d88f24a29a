using System.Collections.Immutable;
using Serilog;

namespace Runner.Engine.Actors;

/// <summary>What the system itself reports (<see cref="DeadLetter"/>, <see cref="UnhandledMessage"/>), and what others publish. Thread-safe.</summary>
public sealed class EventStream
{
    private readonly ILogger _log;
    private ImmutableArray<Subscription> _subscriptions = [];

    internal EventStream(ILogger log) => _log = log;

    /// <summary>Calls <paramref name="handler"/> for every published <typeparamref name="T"/>, on the publisher's thread, until disposed.</summary>
    /// <param name="handler">Must not block. What it throws is logged.</param>
    public IDisposable Subscribe<T>(Action<T> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var subscription = new Subscription(this, message =>
        {
            if (message is T typed)
            {
                handler(typed);
            }
        });
        ImmutableInterlocked.Update(ref _subscriptions, static (all, added) => all.Add(added), subscription);
        return subscription;
    }

    /// <summary>Sends every published <typeparamref name="T"/> to an actor, until disposed.</summary>
    public IDisposable Subscribe<T>(IActorRef subscriber)
        where T : notnull => Subscribe<T>(message => subscriber.Tell(message));

    /// <summary>Hands an event to its subscribers, in order of their subscription.</summary>
    public void Publish(object message)
    {
        foreach (var subscription in _subscriptions)
        {
            try
            {
                subscription.Handle(message);
            }
            catch (Exception e)
            {
                _log.Error(e, "A subscriber failed on {Event}", message.GetType().Name);
            }
        }
    }

    private sealed class Subscription(EventStream owner, Action<object> handle) : IDisposable
    {
        public Action<object> Handle { get; } = handle;

        public void Dispose() =>
            ImmutableInterlocked.Update(ref owner._subscriptions, static (all, removed) => all.Remove(removed), this);
    }
}
