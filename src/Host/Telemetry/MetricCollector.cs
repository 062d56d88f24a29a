using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Runner.Host.Telemetry;

/// <summary>
/// Gathers what one node measures from its beginning on, so that it can be asked for at any time: the meters of the node's scope, and
/// what .NET says of this process. Holds a few numbers for each instrument and set of labels.
/// </summary>
internal sealed class MetricCollector : IDisposable
{
    private readonly ConcurrentDictionary<Instrument, MetricStream> _streams = new();
    private readonly Lock _looking = new();
    private readonly MeterListener _listener = new();
    private int _look;

    /// <param name="scope">The node's (<see cref="Actors.Telemetry.NodeTelemetry.Scope"/>).</param>
    public MetricCollector(object scope)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, scope) || instrument.Meter.Name == "System.Runtime")
            {
                listener.EnableMeasurementEvents(instrument, _streams.GetOrAdd(instrument, static i => new MetricStream(i)));
            }
        };
        _listener.MeasurementsCompleted = (instrument, stream) => _streams.TryRemove(KeyValuePair.Create(instrument, (MetricStream)stream!));
        _listener.SetMeasurementEventCallback<double>((_, value, labels, stream) => Take(stream, value, labels));
        _listener.SetMeasurementEventCallback<long>((_, value, labels, stream) => Take(stream, value, labels));
        _listener.SetMeasurementEventCallback<int>((_, value, labels, stream) => Take(stream, value, labels));
        _listener.Start();
    }

    /// <summary>Everything as it is now, in the format of <see cref="PrometheusText"/>.</summary>
    public byte[] Read()
    {
        lock (_looking)
        {
            _look++;
            _listener.RecordObservableInstruments();
            var text = new PrometheusText();
            foreach (var stream in _streams.Values.OrderBy(s => s.Name, StringComparer.Ordinal))
            {
                text.Add(stream, _look);
            }

            return text.ToUtf8();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Take(object? stream, double value, ReadOnlySpan<KeyValuePair<string, object?>> labels) => ((MetricStream)stream!).Record(value, labels, _look);
}
