using Runner.Actors.Telemetry;
using Runner.Host.Commands;
using Runner.Host.Configuration;

namespace Runner.Host.Telemetry;

/// <summary>All of a node's telemetry: what it measures and traces, what gathers it for <c>/metrics</c>, and its export if that is configured.</summary>
internal sealed class Telemetry : IDisposable
{
    private readonly IDisposable? _export;

    private Telemetry(NodeTelemetry node, MetricCollector metrics, HostTelemetry host, IDisposable? export) =>
        (Node, Metrics, Host, _export) = (node, metrics, host, export);

    public NodeTelemetry Node { get; }

    public HostTelemetry Host { get; }

    public MetricCollector Metrics { get; }

    public static Telemetry Start(NodeOptions options, ILogger log)
    {
        var node = new NodeTelemetry(ProgramVersion.Text);
        var metrics = new MetricCollector(node.Scope);
        var host = new HostTelemetry(node, options.NodeName, options.DataDirectory);
        // Its assemblies are loaded when its method is first called: not at all unless it is configured.
        var export = options.Otlp.Endpoint is null ? null : OtlpExport.Start(node, options.NodeName, options.Otlp, log);
        return new Telemetry(node, metrics, host, export);
    }

    /// <summary>Sends what is left, for a moment, and ends.</summary>
    public void Dispose()
    {
        _export?.Dispose();
        Host.Dispose();
        Node.Dispose();
        Metrics.Dispose();
    }
}
