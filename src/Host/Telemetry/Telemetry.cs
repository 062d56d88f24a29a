using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Runner.Actors.Telemetry;
using Runner.Host.Commands;
using Runner.Host.Configuration;

namespace Runner.Host.Telemetry;

/// <summary>
/// All of a node's telemetry: what it measures and traces, and with the web server what gathers it for <c>/metrics</c> and its export if that is
/// configured.
/// </summary>
internal sealed class Telemetry : IDisposable
{
    /// <summary>How long the last values of a signal may take on the way down, in milliseconds.</summary>
    private const int LastWords = 2_000;

    private readonly NodeOptions _options;
    private readonly ILogger _log;

    private Telemetry(NodeTelemetry node, HostTelemetry host, NodeOptions options, ILogger log) =>
        (Node, Host, _options, _log) = (node, host, options, log);

    public NodeTelemetry Node { get; }

    public HostTelemetry Host { get; }

    public static Telemetry Create(NodeOptions options, ILogger log)
    {
        var node = new NodeTelemetry(ProgramVersion.Text);
        return new Telemetry(node, new HostTelemetry(node, options.NodeName, options.DataDirectory), options, log);
    }

    /// <summary>Gathers as long as the web server lives, which is up before the node is and goes down after it.</summary>
    public void AddTo(IServiceCollection services)
    {
        var gathering = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.Clear().AddService("runner", serviceVersion: Node.Version, serviceInstanceId: _options.NodeName)
                .AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics.AddMetersOf(Node.Scope).AddExposition());
        if (_options.Otlp.Endpoint is not null)
        {
            // The exporter's assembly is loaded when this method is first called: not at all unless it is configured.
            OtlpExport.AddTo(gathering, Node, _options.Otlp, _log);
        }
    }

    /// <summary>Sends what is left, for a moment.</summary>
    /// <param name="services">Of the web server, before they are disposed of, which would take longer.</param>
    public static void End(IServiceProvider services)
    {
        services.GetService<TracerProvider>()?.Shutdown(LastWords);
        services.GetService<MeterProvider>()?.Shutdown(LastWords);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Host.Dispose();
        Node.Dispose();
    }
}
