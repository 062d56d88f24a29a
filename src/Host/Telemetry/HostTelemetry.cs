using System.Diagnostics.Metrics;
using Runner.Actors.Telemetry;

namespace Runner.Host.Telemetry;

/// <summary>What the node program itself measures: its API, its followers, its disk. Thread-safe. The list is docs/telemetry.md.</summary>
internal sealed class HostTelemetry : IDisposable
{
    public const string MeterName = "Runner.Host";
    public const string RequestDuration = "http.server.request.duration";

    private readonly Meter _meter;
    private readonly Histogram<double> _requests;
    private int _followers;

    /// <param name="data">The data folder.</param>
    public HostTelemetry(NodeTelemetry node, string name, string data)
    {
        _meter = new Meter(new MeterOptions(MeterName) { Scope = node.Scope, Version = node.Version });
        _requests = _meter.CreateHistogram(RequestDuration, "s", "Time to answer a request of the API; streams are not counted.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
            });
        KeyValuePair<string, object?>[] info = [new("version", node.Version), new("node", name)];
        _meter.CreateObservableGauge(
            "runner.node.info", () => new Measurement<int>(1, info), description: "Always 1; its labels say which program this is.");
        _meter.CreateObservableUpDownCounter(
            "runner.followers.connected", () => Volatile.Read(ref _followers), "{follower}", "Streams of events and logs that are open.");
        _meter.CreateObservableGauge(
            "runner.disk.free", () => Disk(data, d => d.AvailableFreeSpace), "By", "Room left on the disk of the data folder.");
        _meter.CreateObservableGauge("runner.disk.size", () => Disk(data, d => d.TotalSize), "By", "Size of the disk of the data folder.");
        _meter.CreateObservableGauge("runner.store.size", StoreSizes, "By", "Room that the store takes.");
        if (OperatingSystem.IsLinux())
        {
            _meter.CreateObservableUpDownCounter(
                "process.unix.file_descriptor.count", Descriptors, "{file_descriptor}", "Descriptors that the node program has open.");
        }
    }

    /// <summary>How many bytes the store takes; null as long as there is none, and answers null where it does not know.</summary>
    public Func<long?>? StoreSize { get; set; }

    /// <summary>A request has been answered.</summary>
    /// <param name="route">The template, such as <c>/api/v1/runs/{run}</c>; null if there is no such path.</param>
    public void Answered(string method, string? route, int status, TimeSpan took)
    {
        // A method is whatever the caller writes: others than these are one.
        KeyValuePair<string, object?> what = new(
            "http.request.method", method is "GET" or "POST" or "PUT" or "DELETE" or "HEAD" or "OPTIONS" or "PATCH" ? method : "_OTHER");
        KeyValuePair<string, object?> how = new("http.response.status_code", status);
        if (route is null)
        {
            _requests.Record(took.TotalSeconds, what, how);
        }
        else
        {
            _requests.Record(took.TotalSeconds, what, how, new KeyValuePair<string, object?>("http.route", route));
        }
    }

    /// <summary>A reader follows a stream until what is returned is disposed of.</summary>
    public IDisposable Following()
    {
        Interlocked.Increment(ref _followers);
        return new Follower(this);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Disk(string data, Func<DriveInfo, long> ask)
    {
        try
        {
            return [new Measurement<long>(ask(new DriveInfo(data)))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not known is not said; the node's health says what is wrong with the disk.
            return [];
        }
    }

    private IEnumerable<Measurement<long>> StoreSizes() => StoreSize?.Invoke() is { } bytes ? [new Measurement<long>(bytes)] : [];

    private static int Descriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();

    private sealed class Follower(HostTelemetry owner) : IDisposable
    {
        private int _gone;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _gone, 1) == 0)
            {
                Interlocked.Decrement(ref owner._followers);
            }
        }
    }
}
