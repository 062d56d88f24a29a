using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;

namespace Runner.Host.Telemetry;

/// <summary>An instrument and its series. Recording allocates nothing once a set of labels is known. Thread-safe.</summary>
internal sealed class MetricStream
{
    /// <summary>The most sets of labels an instrument has; further ones are counted as one. None should come near.</summary>
    public const int MostSeries = 1_000;

    private static readonly KeyValuePair<string, object?>[] Overflow = [new("otel.metric.overflow", "true")];

    private readonly Lock _lock = new();
    private readonly Dictionary<int, MetricSeries> _series = [];
    private int _count;

    public MetricStream(Instrument instrument)
    {
        Instrument = instrument;
        Type = instrument.GetType() is { IsGenericType: true } type ? type.GetGenericTypeDefinition() : instrument.GetType();
        Bounds = IsHistogram ? BoundsOf(instrument) : [];
        Name = PrometheusText.NameOf(this);
    }

    /// <summary>Its name for Prometheus.</summary>
    public string Name { get; }

    public Instrument Instrument { get; }

    /// <summary>Whether its values only grow.</summary>
    public bool IsCounter => Type == typeof(Counter<>) || Type == typeof(ObservableCounter<>);

    public bool IsHistogram => Type == typeof(Histogram<>);

    /// <summary>A histogram's upper bounds, ascending, without infinity.</summary>
    public double[] Bounds { get; }

    private Type Type { get; }

    /// <summary>Takes a measurement.</summary>
    /// <param name="look">The number of this look at observed instruments.</param>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> labels, int look)
    {
        lock (_lock)
        {
            var series = Find(labels);
            series.Seen = look;
            if (series.Buckets is { } buckets)
            {
                var at = Array.BinarySearch(Bounds, value);
                buckets[at >= 0 ? at : ~at]++;
                series.Value += value;
            }
            else
            {
                // What is observed is the value; what is recorded adds to it, or for a gauge replaces it.
                series.Value = Instrument.IsObservable || Type == typeof(Gauge<>) ? value : series.Value + value;
            }
        }
    }

    /// <summary>Every series as it stands; observed ones only if this look saw them.</summary>
    /// <param name="read">Called for each, inside the lock.</param>
    public void Read(int look, Action<MetricSeries> read)
    {
        lock (_lock)
        {
            foreach (var first in _series.Values)
            {
                for (var series = first; series is not null; series = series.Next)
                {
                    if (!Instrument.IsObservable || series.Seen == look)
                    {
                        read(series);
                    }
                }
            }
        }
    }

    private MetricSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        var hash = Hash(labels);
        ref var first = ref CollectionsMarshal.GetValueRefOrAddDefault(_series, hash, out _);
        for (var series = first; series is not null; series = series.Next)
        {
            if (Same(series.Labels, labels))
            {
                return series;
            }
        }

        if (_count >= MostSeries && !Same(Overflow, labels))
        {
            return Find(Overflow);
        }

        _count++;
        return first = new MetricSeries(labels.ToArray(), IsHistogram ? new long[Bounds.Length + 1] : null) { Next = first };
    }

    private static int Hash(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        var hash = default(HashCode);
        foreach (var (name, value) in labels)
        {
            hash.Add(name);
            hash.Add(value);
        }

        return hash.ToHashCode();
    }

    private static bool Same(KeyValuePair<string, object?>[] known, ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        if (known.Length != labels.Length)
        {
            return false;
        }

        for (var i = 0; i < known.Length; i++)
        {
            if (known[i].Key != labels[i].Key || !Equals(known[i].Value, labels[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(b => (double)b)],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(b => (double)b)],
        // As OpenTelemetry has them where nothing is said.
        _ => [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000],
    };
}
