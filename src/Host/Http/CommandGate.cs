using System.Threading.RateLimiting;
using Runner.Messages;
using Runner.Messages.Http;

namespace Runner.Host.Http;

/// <summary>
/// Takes so many commands that make work at once. One more is told so before its body is read and before anything is decided, so that a
/// flood of them costs the node nothing but the answer.
/// </summary>
internal sealed class CommandGate(RequestDelegate next, ConcurrencyLimiter gate, int most)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<Operation>() is not { Effect: Effect.NewWork })
        {
            await next(context);
            return;
        }

        using var place = gate.AttemptAcquire();
        await (place.IsAcquired ? next(context) : context.SendRefusalAsync(new NodeBusy(most)));
    }
}
