using System.Text;
using Runner.Messages.Http;
using Serilog.Events;

namespace Runner.Host.Http;

/// <summary>The outermost step of every request: whatever goes wrong inside becomes problem details, and nothing of the inside is shown.</summary>
internal sealed class ErrorBoundary(RequestDelegate next, ILogger log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            await next(context);
            if (context.Response.StatusCode >= StatusCodes.Status400BadRequest && !context.Response.HasStarted)
            {
                await SendStatusAsync(context, context.Response.StatusCode);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller hung up: nobody is left to be told.
        }
        catch (Exception e) when (context.Response.HasStarted)
        {
            // The caller is told no reason any more, and sent here for it; unless it was the caller who went.
            log.Write(
                context.RequestAborted.IsCancellationRequested ? LogEventLevel.Warning : LogEventLevel.Error,
                e, "{Method} {Path} broke off after its answer had begun: {Reason:l}", context.Request.Method, context.Request.Path.Value, e.Message);
            context.Abort();
        }
        catch (RequestRefusedException e)
        {
            await context.SendProblemAsync(e.Status, e.Code, e.Message, e.Problems);
        }
        catch (BadHttpRequestException e)
        {
            await SendStatusAsync(context, e.StatusCode);
        }
        catch (Exception e)
        {
            log.Error(e, "{Method} {Path} failed ({RequestId})", context.Request.Method, context.Request.Path.Value, context.TraceIdentifier);
            await context.SendProblemAsync(StatusCodes.Status500InternalServerError, "internal",
                $"The node failed to answer; its log says why, under {context.TraceIdentifier}. Whether anything changed is not known.");
        }
    }

    private static Task SendStatusAsync(HttpContext context, int status)
    {
        var (code, detail) = status switch
        {
            StatusCodes.Status404NotFound =>
                ("path-not-found", $"There is nothing at {Shown(context.Request.Path)}. docs/http-api.md lists the paths there are."),
            StatusCodes.Status405MethodNotAllowed => ("method-not-allowed",
                $"{Shown(context.Request.Path)} does not take {context.Request.Method}; it takes {context.Response.Headers.Allow}."),
            StatusCodes.Status413PayloadTooLarge => ("body-too-large", $"The body is over {Bodies.LargestText}; send less at once."),
            StatusCodes.Status408RequestTimeout => ("request-timeout", "The request arrived too slowly."),
            _ => ("bad-request", "The request is no HTTP that this node understands."),
        };
        return context.SendProblemAsync(status, code, detail);
    }

    /// <summary>A path as it may be repeated in a message: short, and without control characters.</summary>
    private static string Shown(PathString path)
    {
        var text = new StringBuilder();
        foreach (var c in (path.Value ?? "/").AsSpan()[..Math.Min(200, (path.Value ?? "/").Length)])
        {
            text.Append(char.IsControl(c) ? '?' : c);
        }

        return text.ToString();
    }
}
