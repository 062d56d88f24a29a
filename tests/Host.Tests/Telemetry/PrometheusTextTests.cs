using System.Diagnostics.Metrics;
using System.Text;
using Runner.Host.Telemetry;

namespace Runner.Host.Tests.Telemetry;

public sealed class PrometheusTextTests : IDisposable
{
    private readonly object _scope = new();
    private readonly Meter _meter;
    private readonly MetricCollector _collector;

    public PrometheusTextTests()
    {
        _collector = new MetricCollector(_scope);
        _meter = new Meter(new MeterOptions("Tests") { Scope = _scope });
    }

    public void Dispose()
    {
        _meter.Dispose();
        _collector.Dispose();
    }

    [Fact]
    public void A_counter_ends_in_total_and_says_what_it_counts()
    {
        var counter = _meter.CreateCounter<long>("app.runs", "{run}", "Runs\nof \\ all.");
        counter.Add(2, new KeyValuePair<string, object?>("state", "ok"));
        counter.Add(3, new KeyValuePair<string, object?>("state", "ok"));

        Assert.Contains("# HELP app_runs_total Runs\\nof \\\\ all.\n# TYPE app_runs_total counter\napp_runs_total{state=\"ok\"} 5\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_histogram_is_cumulative_up_to_infinity()
    {
        var histogram = _meter.CreateHistogram("app.time", "s", "Time.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1] });
        foreach (var value in (double[])[0.25, 0.5, 0.75, 4])
        {
            histogram.Record(value);
        }

        Assert.Contains(
            "app_time_seconds_bucket{le=\"0.5\"} 2\napp_time_seconds_bucket{le=\"1\"} 3\napp_time_seconds_bucket{le=\"+Inf\"} 4\napp_time_seconds_sum 5.5\napp_time_seconds_count 4\n",
            Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_label_may_not_hold_is_escaped()
    {
        _meter.CreateGauge<int>("app.odd-name", "By").Record(7, new KeyValuePair<string, object?>("a.b", "x\"y\\z\n"));

        Assert.Contains("app_odd_name_bytes{a_b=\"x\\\"y\\\\z\\n\"} 7\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_observed_value_is_what_it_is_now_and_gone_when_it_is_not_observed()
    {
        Measurement<int>[] seen = [new(3, new KeyValuePair<string, object?>("kind", "a")), new(4, new KeyValuePair<string, object?>("kind", "b"))];
        _meter.CreateObservableUpDownCounter("app.active", () => seen);
        Assert.Equal(3, Read()["app_active{kind=\"a\"}"]);

        seen = [new(5, new KeyValuePair<string, object?>("kind", "b"))];
        var again = Read();

        Assert.Equal(5, again["app_active{kind=\"b\"}"]);
        Assert.DoesNotContain("app_active{kind=\"a\"}", again.Samples.Keys);
    }

    [Fact]
    public void Labels_without_end_become_one()
    {
        var counter = _meter.CreateCounter<long>("app.many");
        for (var i = 0; i < MetricStream.MostSeries + 50; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("n", i));
        }

        Assert.Equal(50, Read()["app_many_total{otel_metric_overflow=\"true\"}"]);
    }

    [Fact]
    public void A_meter_of_another_scope_is_not_seen()
    {
        using var other = new Meter(new MeterOptions("Tests") { Scope = new object() });
        other.CreateCounter<long>("app.foreign").Add(1);

        Assert.DoesNotContain("app_foreign", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void Recording_allocates_nothing_once_its_labels_are_known()
    {
        var counter = _meter.CreateCounter<long>("app.cheap");
        var label = new KeyValuePair<string, object?>("state", "ok");
        counter.Add(1, label);
        counter.Add(1, label);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            counter.Add(1, label);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private string Text() => Encoding.UTF8.GetString(_collector.Read());

    private Exposition Read() => Exposition.Parse(Text());
}
