namespace Runner.Engine.Actors;

/// <summary>An actor's constructor, factory or PreStart failed. Supervisors stop such an actor by default.</summary>
public class ActorInitializationException(IActorRef? actor, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The actor that could not start; null when the class was constructed outside any actor system.</summary>
    public IActorRef? Actor { get; } = actor;
}

/// <summary>An actor failed in the constructor or PostRestart of its restart.</summary>
public sealed class PostRestartException(IActorRef actor, Exception cause)
    : ActorInitializationException(actor, $"Actor {actor.Path} could not be restarted: {cause.Message}", cause);

/// <summary>An actor watched another one and did not handle its <see cref="Terminated"/>.</summary>
public sealed class DeathPactException(IActorRef dead)
    : Exception($"{dead.Path} has stopped and its watcher does not handle Terminated. Handle it, or do not watch.")
{
    /// <summary>The actor that had stopped.</summary>
    public IActorRef Dead { get; } = dead;
}

/// <summary>A sibling of this name is alive (or still stopping).</summary>
public sealed class ActorNameNotUniqueException(string path)
    : Exception($"There is a living actor at {path}. Choose another name, or wait for its Terminated.");

/// <summary>The stash is full.</summary>
public sealed class StashOverflowException(IActorRef actor, int capacity)
    : Exception($"The stash of {actor.Path} holds its {capacity} messages. Unstash earlier, or give its Props a larger capacity.");

/// <summary>No reply came to an ask in time. The request may have been carried out all the same.</summary>
public sealed class AskTimeoutException(string target, Type messageType, TimeSpan timeout)
    : Exception($"{target} did not answer {messageType.Name} within {timeout.TotalMilliseconds:0} ms.")
{
    /// <summary>Path of the actor that was asked.</summary>
    public string Target { get; } = target;

    /// <summary>Type of the message it was asked with.</summary>
    public Type MessageType { get; } = messageType;

    /// <summary>How long the asker waited.</summary>
    public TimeSpan Timeout { get; } = timeout;
}
