using Akka.Actor;
using Akka.Hosting;
using Runner.Host.Configuration;
using Runner.Host.Health;
using Serilog.Extensions.Logging;

namespace Runner.Host.Cluster;

/// <summary>
/// A node's actor system, in a host of its own: the API's host is there before it, says «starting», and has to be there after it, when this one has
/// stopped. The API is given what it asks (<see cref="Actor{TKey}"/>) and not the container.
/// </summary>
internal sealed class NodeHost : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly Lazy<Task> _stopped;

    private NodeHost(IHost host, ActorSystem system)
    {
        _host = host;
        _stopped = new Lazy<Task>(() => StopAsync(host));
        System = system;
        Check = new ClusterCheck(host.Services.GetRequiredService<Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckService>());
    }

    public ActorSystem System { get; }

    /// <summary>Whether the node is a member.</summary>
    public ClusterCheck Check { get; }

    /// <param name="services">Adds what the actors need.</param>
    /// <param name="actors">Adds the actors.</param>
    /// <exception cref="NodeStartException">Akka.NET does not take the settings.</exception>
    public static async Task<NodeHost> StartAsync(
        AkkaSettings settings, ILogger log, Action<IServiceCollection> services, Action<AkkaConfigurationBuilder, IServiceProvider> actors,
        CancellationToken cancel)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        // The node decides when it ends, not the signals that the usual lifetime listens to; programs get all the time that they were promised.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.Logging.AddProvider(new SerilogLoggerProvider(log)).SetMinimumLevel(LogLevel.Trace).AddFilter("Microsoft", LogLevel.Warning);
        services(builder.Services);
        builder.Services.AddNodeSystem(settings, actors);
        var host = builder.Build();
        try
        {
            // Made here and not by the host, which would print what is wrong with it on standard output.
            var node = new NodeHost(host, Make(host.Services));
            await host.StartAsync(cancel).ConfigureAwait(false);
            return node;
        }
        catch
        {
            await StopAsync(host).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>An actor, by the key that it was registered with.</summary>
    public IRequiredActor<TKey> Actor<TKey>() => _host.Services.GetRequiredService<IRequiredActor<TKey>>();

    /// <summary>Runs the coordinated shutdown, with every task that was added to it. Once; later calls wait for it.</summary>
    public async ValueTask DisposeAsync() => await _stopped.Value.ConfigureAwait(false);

    private static async Task StopAsync(IHost host)
    {
        await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
        if (host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static ActorSystem Make(IServiceProvider services)
    {
        try
        {
            return services.GetRequiredService<ActorSystem>();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            var reason = e.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.');
            throw new NodeStartException($"Akka.NET does not start with its settings ({reason}). See akka {{ … }} in `runner config show`.", e);
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
