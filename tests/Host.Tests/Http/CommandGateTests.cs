using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Runner.Host.Http;
using Runner.Messages.Http;

namespace Runner.Host.Tests.Http;

public sealed class CommandGateTests : IDisposable
{
    private readonly ConcurrencyLimiter _gate = new(new ConcurrencyLimiterOptions { PermitLimit = 2 });
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => _gate.Dispose();

    [Fact]
    public async Task One_command_too_many_is_told_so_and_what_makes_no_work_passes()
    {
        var (first, second) = (SendAsync(Api.SubmitRun), SendAsync(Api.SubmitRun));

        var refused = await SendAsync(Api.SubmitRun);
        Assert.Equal(StatusCodes.Status503ServiceUnavailable, refused.Response.StatusCode);
        Assert.Equal("1", refused.Response.Headers.RetryAfter);
        Assert.Contains("\"node-busy\"", Body(refused), StringComparison.Ordinal);
        Assert.Equal(0, _gate.GetStatistics()!.CurrentAvailablePermits);

        var other = SendAsync(Api.CancelRun);
        _done.SetResult();
        Assert.All(await Task.WhenAll(first, second, other), c => Assert.Equal(StatusCodes.Status200OK, c.Response.StatusCode));
        Assert.Equal(2, _gate.GetStatistics()!.CurrentAvailablePermits);
        Assert.Equal(StatusCodes.Status200OK, (await SendAsync(Api.SubmitRun)).Response.StatusCode);
    }

    [Fact]
    public async Task A_command_that_fails_makes_room_for_the_next()
    {
        var gate = new CommandGate(_ => throw new InvalidOperationException("The test fails."), _gate, 2);
        for (var i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => gate.InvokeAsync(Context(Api.SubmitRun)));
        }

        Assert.Equal(2, _gate.GetStatistics()!.CurrentAvailablePermits);
    }

    private static DefaultHttpContext Context(params object[] metadata)
    {
        var context = new DefaultHttpContext();
        context.Response.Body = new MemoryStream();
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(metadata), "test"));
        return context;
    }

    private static string Body(HttpContext context) => System.Text.Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray());

    private async Task<HttpContext> SendAsync(params object[] metadata)
    {
        var context = Context(metadata);
        await new CommandGate(_ => _done.Task, _gate, 2).InvokeAsync(context);
        return context;
    }
}
