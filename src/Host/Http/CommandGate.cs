using Microsoft.AspNetCore.Http;
using Runner.Messages;

namespace Runner.Host.Http;

/// <summary>Marks an endpoint whose commands make work: registering, submitting, running anew. What makes less of it is always taken.</summary>
internal sealed class MakesWork
{
    public static readonly MakesWork Mark = new();
}

/// <summary>
/// Takes so many commands that make work at once. One more is told so before its body is read and before anything is decided, so that a
/// flood of them costs the node nothing but the answer.
/// </summary>
internal sealed class CommandGate(RequestDelegate next, Gate gate)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<MakesWork>() is null)
        {
            await next(context);
            return;
        }

        if (!gate.TryEnter())
        {
            await context.SendRefusalAsync(new NodeBusy(gate.Most));
            return;
        }

        try
        {
            await next(context);
        }
        finally
        {
            gate.Leave();
        }
    }
}
