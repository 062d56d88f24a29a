namespace Runner.Engine.Actors;

/// <summary>The address of an actor in this process. Safe to use from any thread, and for as long as one likes.</summary>
public interface IActorRef
{
    /// <summary>Unique among its living siblings.</summary>
    string Name { get; }

    /// <summary>Names from the guardian down, as in <c>/user/parent/child</c>. For people; an equal path may be a later actor.</summary>
    string Path { get; }

    /// <summary>
    /// Hands over a message and returns at once. Messages of one sender thread arrive in order; to an actor that has stopped they
    /// become dead letters.
    /// </summary>
    /// <param name="message">Not null, and not to be changed afterwards.</param>
    /// <param name="sender">What the receiver sees as its Sender; without it, dead letters.</param>
    void Tell(object message, IActorRef? sender = null);
}

/// <summary>A reference that takes part in the engine's own protocol (death watch, supervision).</summary>
internal interface IInternalRef : IActorRef
{
    void SendSystem(SystemMessage message);
}
