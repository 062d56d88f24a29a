using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Runner.Client.Tests;

/// <summary>A server on a port of its own that answers as a test says, and remembers what it was asked.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeNode(WebApplication app) => _app = app;

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary><c>METHOD /path?query</c> of every request, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The body of every request.</summary>
    public ConcurrentQueue<string> Bodies { get; } = new();

    public ConcurrentQueue<string?> LastEventIds { get; } = new();

    public string? Authorization { get; private set; }

    /// <param name="answer">Called for each request.</param>
    public static async Task<FakeNode> StartAsync(Func<FakeNode, HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var node = new FakeNode(app);
        app.Run(async http =>
        {
            node.Asked.Enqueue($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}");
            node.LastEventIds.Enqueue(http.Request.Headers["Last-Event-ID"]);
            node.Authorization = http.Request.Headers.Authorization;
            node.Bodies.Enqueue(await new StreamReader(http.Request.Body).ReadToEndAsync());
            await answer(node, http);
        });
        await app.StartAsync();
        return node;
    }

    /// <summary>A node whose every answer is this.</summary>
    public static Task<FakeNode> AnsweringAsync(int status, string json) => StartAsync((_, http) => JsonAsync(http, status, json));

    public static Task JsonAsync(HttpContext http, int status, string json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = status < 400 ? "application/json" : "application/problem+json";
        return http.Response.WriteAsync(json);
    }

    public static async Task EventsAsync(HttpContext http, string events)
    {
        http.Response.ContentType = "text/event-stream";
        await http.Response.WriteAsync(events);
        await http.Response.Body.FlushAsync();
    }

    public RunnerClient Client(RunnerClientOptions? options = null) =>
        new(new NodeAddress(Url, "secret", "a test"), (options ?? new RunnerClientOptions()) with { BackOff = TimeSpan.FromMilliseconds(1) });

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
