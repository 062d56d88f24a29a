using Akka.Actor;

namespace Runner.Simulation.Runtime;

/// <summary>
/// An address whose first message is an answer. Akka.NET's <c>Ask</c> measures by the machine's clock and goes on on the thread pool; what awaits
/// this one goes on in the world.
/// </summary>
internal sealed class Promise(IActorRefProvider provider) : MinimalActorRef
{
    private readonly TaskCompletionSource<object> _answer = new();

    public Task<object> Answer => _answer.Task;

    public override ActorPath Path { get; } = provider.TempPath();

    public override IActorRefProvider Provider => provider;

    /// <summary>Asks on a node's time.</summary>
    /// <exception cref="AskTimeoutException">There was no answer in time.</exception>
    public static Task<object> Ask(ActorSystem system, ICanTell to, object message, TimeSpan timeout)
    {
        var promise = new Promise(((ExtendedActorSystem)system).Provider);
        SimulatedNode.Of(system).Schedule(timeout, () => promise._answer.TrySetException(new AskTimeoutException($"No answer after {timeout}.")));
        to.Tell(message, promise);
        return promise.Answer;
    }

    protected override void TellInternal(object message, IActorRef sender) => _answer.TrySetResult(message);
}
