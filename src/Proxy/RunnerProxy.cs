using Akka.Actor;
using Runner.Messages;

namespace Runner.Proxy;

/// <summary>
/// The key of the actor that asks a cluster of nodes: <c>IRequiredActor&lt;RunnerProxy&gt;</c>. It takes every <see cref="IRequest{TReply}"/> of
/// <c>Runner.Messages</c>, told or asked, and answers with the reply that the request's type names, or with a <see cref="Refusal"/>.
/// </summary>
public sealed class RunnerProxy
{
    private RunnerProxy()
    {
    }
}

/// <summary>Asking the proxy with types.</summary>
public static class RunnerProxyAsking
{
    /// <summary>Asks the cluster. Where it does not answer in time, the proxy answers with a <see cref="StoreNotAvailable"/>.</summary>
    /// <exception cref="OperationCanceledException">The caller has given up; whether a command took effect is not known.</exception>
    public static async Task<Reply<TReply>> AskRunnerAsync<TReply>(this IActorRef proxy, IRequest<TReply> request, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await proxy.Ask<object>(request, Timeout.InfiniteTimeSpan, cancel).ConfigureAwait(false) switch
        {
            Refusal refusal => refusal,
            var reply => (TReply)reply,
        };
    }
}
