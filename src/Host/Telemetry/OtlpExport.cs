using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Runner.Actors.Telemetry;
using Runner.Host.Configuration;

namespace Runner.Host.Telemetry;

/// <summary>
/// Sends a node's metrics and traces to a collector. The one type that knows the exporter's package. Sends from threads of its own and drops
/// what a collector does not take: the node does not notice, and the log says once that it is so and once that it is over.
/// </summary>
internal static class OtlpExport
{
    public static void AddTo(IOpenTelemetryBuilder gathering, NodeTelemetry node, OtlpOptions options, ILogger log)
    {
        var health = new CollectorHealth(options.Endpoint!, log);
        gathering.WithMetrics(metrics => metrics.AddReader(new PeriodicExportingMetricReader(new Metrics(Options(options, "metrics"), health))));
        gathering.WithTracing(traces => traces
            .AddSource(node.Source.Name)
            .AddProcessor(new OwnSpans(new Traces(Options(options, "traces"), health), node.Source)));
    }

    private static OtlpExporterOptions Options(OtlpOptions options, string signal) => new()
    {
        Protocol = options.Protocol == OtlpProtocol.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
        Endpoint = options.Protocol == OtlpProtocol.Grpc ? options.Endpoint! : new Uri($"{options.Endpoint!.AbsoluteUri.TrimEnd('/')}/v1/{signal}"),
        Headers = options.Headers,
        TimeoutMilliseconds = 10_000,
    };

    private sealed class Metrics(OtlpExporterOptions options, CollectorHealth health) : OtlpMetricExporter(options)
    {
        public override ExportResult Export(in Batch<Metric> metrics) =>
            health.Note(base.Export(metrics) == ExportResult.Success) ? ExportResult.Success : ExportResult.Failure;
    }

    private sealed class Traces(OtlpExporterOptions options, CollectorHealth health) : OtlpTraceExporter(options)
    {
        public override ExportResult Export(in Batch<Activity> activityBatch) =>
            health.Note(base.Export(activityBatch) == ExportResult.Success) ? ExportResult.Success : ExportResult.Failure;
    }

    /// <summary>Another node in this program has a source of the same name.</summary>
    private sealed class OwnSpans(BaseExporter<Activity> exporter, ActivitySource source) : BatchActivityExportProcessor(exporter)
    {
        public override void OnEnd(Activity data)
        {
            if (ReferenceEquals(data.Source, source))
            {
                base.OnEnd(data);
            }
        }
    }
}

/// <summary>Whether a collector takes what it is sent: said once when it ceases to, and once when it does again. Thread-safe.</summary>
internal sealed class CollectorHealth(Uri endpoint, ILogger log)
{
    private readonly Lock _lock = new();
    private bool _failing;

    /// <summary>Notes how a batch fared, and returns it.</summary>
    public bool Note(bool taken)
    {
        lock (_lock)
        {
            if (taken == _failing)
            {
                _failing = !taken;
                if (taken)
                {
                    log.Information("The collector at {Endpoint} takes telemetry again", Shown);
                }
                else
                {
                    log.Warning("The collector at {Endpoint} takes no telemetry; the node goes on without. "
                        + "Is it running, and is telemetry.otlp.protocol right?", Shown);
                }
            }
        }

        return taken;
    }

    /// <summary>Without a user's name and password that an address may hold.</summary>
    private string Shown => endpoint.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}
