namespace Runner.Engine.Actors;

/// <summary>An actor's view of itself and its surroundings. Only for use on the actor's own turn.</summary>
public interface IActorContext
{
    /// <summary>This actor's own address; stays the same over restarts.</summary>
    IActorRef Self { get; }

    /// <summary>The supervisor; dead letters for the guardian, which has none.</summary>
    IActorRef Parent { get; }

    /// <summary>Who sent the current message; dead letters when nobody said.</summary>
    IActorRef Sender { get; }

    /// <summary>The system this actor lives in.</summary>
    ActorSystem System { get; }

    /// <summary>The living children, a snapshot; those being stopped are among them until they have ended.</summary>
    IReadOnlyCollection<IActorRef> Children { get; }

    /// <summary>Delayed and periodic messages to this actor.</summary>
    ITimers Timers { get; }

    /// <summary>Messages put aside for later.</summary>
    IStash Stash { get; }

    /// <summary>Starts a child, asynchronously: a failing constructor or PreStart goes to the supervisor strategy.</summary>
    /// <param name="name">Not empty, no slash, not starting with a dollar sign; generated if null.</param>
    /// <exception cref="ActorNameNotUniqueException">A living child has this name.</exception>
    /// <exception cref="InvalidOperationException">This actor is stopping.</exception>
    /// <exception cref="ArgumentException">The name is not allowed.</exception>
    IActorRef ActorOf(Props props, string? name = null);

    /// <summary>The living child of this name, or null.</summary>
    IActorRef? Child(string name);

    /// <summary>Stops a child, or this actor itself, after the message it is handling; its children first.</summary>
    /// <exception cref="ArgumentException">Neither a child nor this actor.</exception>
    void Stop(IActorRef child);

    /// <summary>Asks for one <see cref="Terminated"/> when <paramref name="actor"/> has stopped, or at once if it has.</summary>
    /// <exception cref="NotSupportedException">Not an actor of this process.</exception>
    /// <exception cref="InvalidOperationException">Already watched with another message.</exception>
    void Watch(IActorRef actor);

    /// <summary>As <see cref="Watch"/>, with a message of one's own in place of <see cref="Terminated"/>.</summary>
    void WatchWith(IActorRef actor, object message);

    /// <summary>After this no <see cref="Terminated"/> of the actor arrives, not even one already queued.</summary>
    void Unwatch(IActorRef actor);

    /// <summary>
    /// Sends this actor <see cref="ReceiveTimeout"/> whenever so long no message came; again and again until set to null. A restart
    /// clears it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Zero or negative.</exception>
    void SetReceiveTimeout(TimeSpan? timeout);
}

/// <summary>Timers of one actor, by key. All are cancelled when it stops or restarts.</summary>
/// <remarks>A message of a timer that was cancelled or replaced never arrives, even if it was in the mailbox already.</remarks>
public interface ITimers
{
    /// <summary>Sends <paramref name="message"/> to the actor once. Replaces the timer of an equal key.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The delay is negative.</exception>
    void StartSingleTimer(object key, object message, TimeSpan delay);

    /// <summary>
    /// Sends <paramref name="message"/> every <paramref name="interval"/>, first after <paramref name="initialDelay"/> (the interval
    /// if null). Keeps to its beat without drift; beats missed by a busy actor are left out, not made up for.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The interval is not positive or the delay negative.</exception>
    void StartPeriodicTimer(object key, object message, TimeSpan interval, TimeSpan? initialDelay = null);

    /// <summary>Does nothing if there is no such timer.</summary>
    void Cancel(object key);

    /// <summary>Cancels every timer of this actor.</summary>
    void CancelAll();

    /// <summary>True until a single timer's message is handled, or the timer is cancelled.</summary>
    bool IsTimerActive(object key);
}

/// <summary>Messages an actor has put aside. Taken out again before a restart; dead letters if the actor stops.</summary>
public interface IStash
{
    /// <summary>How many messages are in it.</summary>
    int Count { get; }

    /// <summary>Puts the current message aside, with its sender.</summary>
    /// <exception cref="StashOverflowException">The stash holds as many as its <see cref="Props"/> allow.</exception>
    /// <exception cref="InvalidOperationException">No current message, or it was stashed already.</exception>
    void Stash();

    /// <summary>Puts all of them, in order, in front of the mailbox.</summary>
    void UnstashAll();
}
