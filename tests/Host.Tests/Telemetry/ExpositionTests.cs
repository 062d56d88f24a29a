using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Runner.Host.Telemetry;

namespace Runner.Host.Tests.Telemetry;

/// <summary>What docs/telemetry.md says of names, types and series, whatever writes them.</summary>
public sealed class ExpositionTests : IDisposable
{
    private readonly object _scope = new();
    private readonly Meter _meter;
    private readonly MeterProvider _provider;
    private readonly ServiceProvider _services = new ServiceCollection().AddOptions().BuildServiceProvider();
    private readonly RequestDelegate _exporter;

    public ExpositionTests()
    {
        _provider = Sdk.CreateMeterProviderBuilder().AddMetersOf(_scope).AddExposition().Build();
        _exporter = new ApplicationBuilder(_services).UseOpenTelemetryPrometheusScrapingEndpoint(_provider, _ => true, null, null, null).Build();
        _meter = new Meter(new MeterOptions(HostTelemetry.MeterName) { Scope = _scope });
    }

    public void Dispose()
    {
        _meter.Dispose();
        _provider.Dispose();
        _services.Dispose();
    }

    [Fact]
    public async Task A_counter_ends_in_total_and_says_what_it_counts()
    {
        var counter = _meter.CreateCounter<long>("app.runs", "{run}", "Runs\nof \\ all.");
        counter.Add(2, new KeyValuePair<string, object?>("state", "ok"));
        counter.Add(3, new KeyValuePair<string, object?>("state", "ok"));

        var text = await TextAsync();

        Assert.Contains("# TYPE app_runs_total counter\n", text, StringComparison.Ordinal);
        Assert.Contains("# HELP app_runs_total Runs\\nof \\\\ all.\n", text, StringComparison.Ordinal);
        Assert.Equal(5, Exposition.Parse(text)["app_runs_total{state=\"ok\"}"]);
    }

    [Fact]
    public async Task A_histogram_is_cumulative_up_to_infinity()
    {
        var histogram = _meter.CreateHistogram(
            "app.time", "s", "Time.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1] });
        foreach (var value in (double[])[0.25, 0.5, 0.75, 4])
        {
            histogram.Record(value);
        }

        var read = await ReadAsync();

        Assert.Equal("histogram", read.Types["app_time_seconds"]);
        Assert.Equal(
            (2.0, 3.0, 4.0, 5.5, 4.0),
            (read["app_time_seconds_bucket{le=\"0.5\"}"], read["app_time_seconds_bucket{le=\"1\"}"], read["app_time_seconds_bucket{le=\"+Inf\"}"],
                read["app_time_seconds_sum"], read["app_time_seconds_count"]));
    }

    [Fact]
    public async Task What_a_label_may_not_hold_is_escaped()
    {
        _meter.CreateGauge<int>("app.odd-name", "By").Record(7, new KeyValuePair<string, object?>("a.b", "x\"y\\z\n"));

        Assert.Contains("app_odd_name_bytes{a_b=\"x\\\"y\\\\z\\n\"} 7\n", await TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_observed_value_is_what_it_is_now_and_gone_when_it_is_not_observed()
    {
        Measurement<int>[] seen = [new(3, new KeyValuePair<string, object?>("kind", "a")), new(4, new KeyValuePair<string, object?>("kind", "b"))];
        _meter.CreateObservableUpDownCounter("app.active", () => seen);
        Assert.Equal(3, (await ReadAsync())["app_active{kind=\"a\"}"]);

        seen = [new(5, new KeyValuePair<string, object?>("kind", "b"))];
        var again = await ReadAsync();

        Assert.Equal(5, again["app_active{kind=\"b\"}"]);
        Assert.DoesNotContain("app_active{kind=\"a\"}", again.Samples.Keys);
    }

    [Fact]
    public async Task Labels_without_end_become_one()
    {
        var counter = _meter.CreateCounter<long>("app.many");
        for (var i = 0; i < MetricsExposition.MostSeries + 50; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("n", i));
        }

        Assert.Equal(50, (await ReadAsync())["app_many_total{otel_metric_overflow=\"true\"}"]);
    }

    [Fact]
    public async Task A_meter_of_another_scope_is_not_seen_and_no_series_has_more_labels_than_were_given()
    {
        using var other = new Meter(new MeterOptions(HostTelemetry.MeterName) { Scope = new object() });
        other.CreateCounter<long>("app.foreign").Add(1);
        _meter.CreateCounter<long>("app.own").Add(1);

        var read = await ReadAsync();

        Assert.Equal(1, read["app_own_total"]);
        Assert.DoesNotContain(read.Types.Keys, name => name.StartsWith("app_foreign", StringComparison.Ordinal)
            || !name.StartsWith("app_", StringComparison.Ordinal) && !name.StartsWith("dotnet_", StringComparison.Ordinal));
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

    private async Task<string> TextAsync()
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = _services };
        context.Response.Body = body;
        await _exporter(context);
        return Encoding.UTF8.GetString(body.ToArray());
    }

    private async Task<Exposition> ReadAsync() => Exposition.Parse(await TextAsync());
}
