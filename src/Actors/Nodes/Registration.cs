using System.Collections.Immutable;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Actors.Nodes;

/// <summary>
/// Registers the deployments of one request, several at a time: they are entities of their own, so their commits share the store's
/// transactions instead of waiting for one another's.
/// </summary>
/// <param name="register">Registers one.</param>
internal sealed class Registration(ImmutableArray<DeploymentSpec> specs, Func<DeploymentSpec, Task<Reply<DeploymentRegistered>>> register)
{
    /// <summary>
    /// How many of one request are under way at once. More would fill the store's transactions no better, and hold up other callers.
    /// </summary>
    private const int AtOnce = 64;

    private readonly DeploymentRegistered?[] _registered = new DeploymentRegistered?[specs.Length];
    private readonly Refusal?[] _refused = new Refusal?[specs.Length];
    private volatile bool _stopped;
    private int _next = -1;

    /// <summary>The answers in the order of the request, or the refusal of the first that was refused; after one no other is begun.</summary>
    public async Task<Reply<ImmutableArray<DeploymentRegistered>>> RunAsync()
    {
        await Task.WhenAll(Enumerable.Range(0, Math.Min(AtOnce, specs.Length)).Select(_ => TakeTurnsAsync())).ConfigureAwait(false);
        return Array.Find(_refused, refusal => refusal is not null) is { } first ? first : ImmutableArray.Create(_registered)!;
    }

    private async Task TakeTurnsAsync()
    {
        for (int i; !_stopped && (i = Interlocked.Increment(ref _next)) < specs.Length;)
        {
            var reply = await register(specs[i]).ConfigureAwait(false);
            (_registered[i], _refused[i]) = (reply.Value, reply.Refusal);
            _stopped |= reply.Refusal is not null;
        }
    }
}
