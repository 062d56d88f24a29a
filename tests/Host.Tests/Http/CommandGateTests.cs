using Microsoft.AspNetCore.Http;
using Runner.Host.Http;

namespace Runner.Host.Tests.Http;

public sealed class CommandGateTests
{
    private readonly Gate _gate = new(2);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task One_command_too_many_is_told_so_and_what_makes_no_work_passes()
    {
        var (first, second) = (SendAsync(MakesWork.Mark), SendAsync(MakesWork.Mark));

        var refused = await SendAsync(MakesWork.Mark);
        Assert.Equal(StatusCodes.Status503ServiceUnavailable, refused.Response.StatusCode);
        Assert.Equal("1", refused.Response.Headers.RetryAfter);
        Assert.Contains("\"node-busy\"", Body(refused), StringComparison.Ordinal);
        Assert.Equal(2, _gate.Inside);

        var other = SendAsync();
        _done.SetResult();
        Assert.All(await Task.WhenAll(first, second, other), c => Assert.Equal(StatusCodes.Status200OK, c.Response.StatusCode));
        Assert.Equal(0, _gate.Inside);
        Assert.Equal(StatusCodes.Status200OK, (await SendAsync(MakesWork.Mark)).Response.StatusCode);
    }

    [Fact]
    public async Task A_command_that_fails_makes_room_for_the_next()
    {
        var gate = new CommandGate(_ => throw new InvalidOperationException("The test fails."), _gate);
        for (var i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => gate.InvokeAsync(Context(MakesWork.Mark)));
        }

        Assert.Equal(0, _gate.Inside);
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
        await new CommandGate(_ => _done.Task, _gate).InvokeAsync(context);
        return context;
    }
}
