using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Metrics;
using Runner.Actors.Nodes.Health;
using Runner.Host.Configuration;
using Runner.Host.Http.Access;
using Runner.Host.Http.OpenApi;
using Runner.Host.Http.Tls;
using Runner.Host.Logs;
using Runner.Messages.Http;
using Serilog.Extensions.Logging;

namespace Runner.Host.Http;

/// <summary>What the API server is made of.</summary>
/// <param name="AllowedHosts">Names beside the listen address and localhost by which it may be called.</param>
internal sealed record ApiServerParts(
    ListenAddress Listen, ImmutableArray<string> AllowedHosts, ApiTokens Tokens, NodeSlot Slot, OutputFiles Files, TimeProvider Time, ILogger Log)
{
    /// <summary>What can be wrong with the node's surroundings.</summary>
    public ImmutableArray<IHealthCheck> Checks { get; init; } = [];

    /// <summary>What it speaks TLS with; null for none.</summary>
    public ApiTls? Tls { get; init; }

    /// <summary>By whom it has the APIs of other nodes proved.</summary>
    public SslClientAuthenticationOptions? TrustInOthers { get; init; }

    /// <summary>How much it takes at once.</summary>
    public required ApiLoad Load { get; init; }

    /// <summary>Where requests are measured, and what <c>/metrics</c> shows; null has neither.</summary>
    public Telemetry.Telemetry? Telemetry { get; init; }
}

/// <summary>
/// The web server. A request passes, in this order: <see cref="ErrorBoundary"/>, <see cref="OriginGuard"/>, routing,
/// <see cref="TokenGuard"/>, <see cref="CommandGate"/>, <see cref="OperationGuard"/>, and one of the resources.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;
    private readonly OutputPulse _pulse;
    private int _disposed;
    private readonly CancellationTokenSource _stopping;

    private ApiServer(WebApplication app, OutputPulse pulse, CancellationTokenSource stopping, ListenAddress bound)
    {
        _app = app;
        _pulse = pulse;
        _stopping = stopping;
        Bound = bound;
    }

    /// <summary>The routes that are mapped.</summary>
    public IEnumerable<Endpoint> Routes => ((IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints);

    /// <summary>Where it listens, with the port it got.</summary>
    public ListenAddress Bound { get; }

    /// <exception cref="NodeStartException">The address cannot be listened on.</exception>
    public static async Task<ApiServer> StartAsync(ApiServerParts parts, CancellationToken cancel)
    {
        var app = Build(parts);
        var stopping = new CancellationTokenSource();
        var pulse = new OutputPulse(parts.Files, parts.Time);
        var elsewhere = new OtherOutputs(parts.TrustInOthers);
        Map(app, parts, pulse, elsewhere, stopping.Token);
        try
        {
            await app.StartAsync(cancel);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            Telemetry.Telemetry.End(app.Services);
            await app.DisposeAsync();
            pulse.Dispose();
            elsewhere.Dispose();
            stopping.Dispose();
            throw CannotListen(parts.Listen, e);
        }

        var port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        if (!parts.Listen.IsLoopback && parts.Tls is null)
        {
            parts.Log.Warning(
                "The API listens on {Address}: other machines reach it, in clear text. Whoever holds the token can run programs here",
                parts.Listen.ToString());
        }

        app.Lifetime.ApplicationStopped.Register(elsewhere.Dispose);
        return new ApiServer(app, pulse, stopping, parts.Listen with { Port = port });
    }

    /// <summary>Ends the streams, waits a moment for other requests, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync();
        using var atMost = new CancellationTokenSource(StopWithin);
        await _app.StopAsync(atMost.Token);
        Telemetry.Telemetry.End(_app.Services);
        await _app.DisposeAsync();
        _pulse.Dispose();
        _stopping.Dispose();
    }

    private static WebApplication Build(ApiServerParts parts)
    {
        // Empty, not slim: no appsettings.json or ASPNETCORE_ variable of whoever starts the node may open other doors.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, parts));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(parts.Time);
        builder.Logging.AddProvider(new SerilogLoggerProvider(parts.Log)).SetMinimumLevel(LogLevel.Warning)
            // The caller of StartAsync says in its own words why a start failed.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        parts.Telemetry?.AddTo(builder.Services);
        return builder.Build();
    }

    private static void Configure(KestrelServerOptions kestrel, ApiServerParts parts)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = Bodies.Largest;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 50;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.Limits.MaxConcurrentConnections = parts.Load.Connections;
        // What a reader that has stopped reading costs.
        kestrel.Limits.MaxResponseBufferSize = 32 * 1024;
        kestrel.Listen(new IPEndPoint(parts.Listen.Address, parts.Listen.Port), endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1;
            if (parts.Tls is { } tls)
            {
                PlainFromHere.AddTo(endpoint, tls, parts.Time);
            }
        });
    }

    private static void Map(WebApplication app, ApiServerParts parts, OutputPulse pulse, OtherOutputs elsewhere, CancellationToken stopping)
    {
        var hosts = parts.AllowedHosts;
        if (parts.Telemetry is { } telemetry)
        {
            app.Use(next => new RequestMeter(next, telemetry.Host).InvokeAsync);
            new MetricsApi(app.Services.GetRequiredService<MeterProvider>()).Map(app);
        }

        app.Use(next => new ErrorBoundary(next, parts.Log).InvokeAsync);
        app.Use(next => new OriginGuard(next, hosts).InvokeAsync);
        app.UseRouting();
        app.Use(next => new TokenGuard(next, parts.Tokens).InvokeAsync);
        var commands = Gate(parts.Load.Commands);
        app.Use(next => new CommandGate(next, commands, parts.Load.Commands).InvokeAsync);
        app.Use(next => new OperationGuard(next, parts.Slot).InvokeAsync);
        var routes = new ApiRoutes(app, parts.Slot);
        new HealthApi(parts.Slot, parts.Checks).Map(routes);
        new NodeApi(parts.Slot).Map(routes);
        DeploymentsApi.Map(routes);
        RunsApi.Map(routes);
        new RunStreamsApi(parts.Slot, parts.Files, pulse, Gate(parts.Load.Followers), parts.Load.Followers, parts.Time,
            elsewhere, stopping)
        {
            Telemetry = parts.Telemetry?.Host,
        }.Map(routes);
        LimitsApi.Map(routes);
        new BackupApi(parts.Slot, parts.Time, parts.Log, stopping).Map(routes);
        OpenApiRoute.Map(app, routes);
        OpenApiPage.Map(app);
    }

    /// <summary>Lets so many in at once, and nobody wait.</summary>
    private static ConcurrencyLimiter Gate(int most) => new(new ConcurrencyLimiterOptions { PermitLimit = most });

    private static NodeStartException CannotListen(ListenAddress listen, Exception e)
    {
        var socket = e as SocketException ?? e.InnerException as SocketException;
        var other = "Name another address with --listen HOST:PORT (port 0 takes any free one).";
        return e.InnerException is AddressInUseException || socket?.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? new NodeStartException($"Port {listen.Port} on {listen.Address} is in use by another program. {other}", e)
            : socket?.SocketErrorCode == SocketError.AddressNotAvailable
                ? new NodeStartException($"{listen.Address} is not an address of this machine. {other}", e)
            : socket?.SocketErrorCode == SocketError.AccessDenied
                ? new NodeStartException($"This user may not listen on port {listen.Port}. {other}", e)
            : new NodeStartException($"The API cannot listen on {listen} ({e.Message.TrimEnd('.')}). {other}", e);
    }

    /// <summary>The node decides when the server ends, not the signals that the usual lifetime listens to.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
