namespace Runner.Host.Telemetry;

/// <summary>One set of labels of an instrument, and its value or its distribution.</summary>
internal sealed class MetricSeries(KeyValuePair<string, object?>[] labels, long[]? buckets)
{
    public KeyValuePair<string, object?>[] Labels => labels;

    /// <summary>A histogram's counts, of each bucket alone; the last is what is above all bounds. Null for another instrument.</summary>
    public long[]? Buckets => buckets;

    /// <summary>The value; of a histogram, the sum.</summary>
    public double Value { get; set; }

    /// <summary>The look at observed instruments that saw it last.</summary>
    public int Seen { get; set; }

    /// <summary>Another series whose labels have the same hash.</summary>
    public MetricSeries? Next { get; set; }
}
