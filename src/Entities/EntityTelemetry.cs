using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Runner.Entities.Store;

namespace Runner.Entities;

/// <summary>
/// What the entities of one node and their store measure, on a meter of that node's own: two nodes in one program do not mix their values, because
/// whoever listens looks at <see cref="Meter.Scope"/>. Recording costs next to nothing while nobody listens. Thread-safe. The list is
/// docs/telemetry.md.
/// </summary>
public sealed class EntityTelemetry : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Runner.Entities";

    private static readonly KeyValuePair<string, object?> Committed = new("result", "committed");
    private static readonly KeyValuePair<string, object?> Conflict = new("result", "conflict");
    private static readonly KeyValuePair<string, object?> Failed = new("result", "failed");

    private readonly Meter _meter;
    private readonly Counter<long> _commits;
    private readonly Counter<long> _events;
    private readonly Counter<long> _failures;
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<int> _commitSize;
    private readonly Counter<long> _loads;
    private readonly Counter<long> _restarts;
    private readonly ConcurrentDictionary<string, Func<int>> _regions = new(StringComparer.Ordinal);
    private Func<TimeSpan?>? _alarmsBehind;
    private Func<int>? _unreadable;

    /// <param name="scope">The node's own object: what tells its meters from those of another node in the same program.</param>
    /// <param name="version">The version of this program.</param>
    public EntityTelemetry(object scope, string version)
    {
        _meter = new Meter(new MeterOptions(MeterName) { Scope = scope, Version = version });
        _commits = _meter.CreateCounter<long>("runner.store.commits", "{commit}", "Entities' commits that the store has answered.");
        _events = _meter.CreateCounter<long>("runner.store.events", "{event}", "Events made durable.");
        _failures = _meter.CreateCounter<long>("runner.store.failures", "{failure}", "Transactions that the store could not write.");
        _commitDuration = _meter.CreateHistogram("runner.store.commit.duration", "s",
            "Time of one transaction, which holds a group of commits, until it is on the disk.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]
            });
        _commitSize = _meter.CreateHistogram("runner.store.commit.size", "{commit}", "Commits written in one transaction.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000] });
        _loads = _meter.CreateCounter<long>("runner.entities.loaded", "{entity}", "Entities whose history was read into memory.");
        _restarts = _meter.CreateCounter<long>(
            "runner.entities.restarted", "{entity}", "Entities that failed and began again from their history: mistakes in this program.");
        _meter.CreateObservableUpDownCounter("runner.entities.active", Active, "{entity}", "Entities in memory.");
        _meter.CreateObservableUpDownCounter(
            "runner.entities.unreadable", UnreadableNow, "{entity}",
            "Entities that rest because what is kept of them cannot be read; the node's health names them.");
        _meter.CreateObservableGauge(
            "runner.alarms.behind", Behind, "s", "How much longer than it should be wake-ups have not been read; 0 when all is well.");
    }

    /// <summary>From now on the number of a kind's entities in memory is asked for there; it may be called from any thread.</summary>
    public void ObserveEntities(string kind, Func<int> count) => _regions[kind] = count;

    /// <summary>
    /// From now on it is asked there how late the reading of wake-ups is; null while it is not known. May be called from any thread.
    /// </summary>
    public void ObserveAlarms(Func<TimeSpan?> behind) => Volatile.Write(ref _alarmsBehind, behind);

    /// <summary>From now on it is asked there how many entities cannot be read. May be called from any thread.</summary>
    public void ObserveUnreadable(Func<int> count) => Volatile.Write(ref _unreadable, count);

    /// <summary>An entity's history was read.</summary>
    public void Loaded(string kind) => _loads.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <summary>An entity failed and starts anew.</summary>
    public void Restarted(string kind) => _restarts.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    /// <summary>A commit has been answered.</summary>
    /// <param name="result">What was decided; null where it failed.</param>
    public void Answered(EntityCommit commit, CommitResult? result)
    {
        var committed = result as CommitResult.Committed;
        _commits.Add(1, result is null ? Failed : committed is not null ? Committed : Conflict);
        if (committed is not null && _events.Enabled)
        {
            var events = 0;
            foreach (var write in commit.Writes)
            {
                events += committed.Skipped.Contains(write.Entity) ? 0 : write.Events.Length;
            }

            _events.Add(events);
        }
    }

    /// <summary>A transaction has been written, or has failed.</summary>
    /// <param name="size">How many commits it holds.</param>
    /// <param name="took">Until it was on the disk.</param>
    /// <param name="failure">Why none of it was written; null if it was.</param>
    public void Transaction(int size, TimeSpan took, StoreException? failure)
    {
        if (failure is not null)
        {
            _failures.Add(1, new KeyValuePair<string, object?>("reason", failure is StoreFullException ? "full" : "unavailable"));
        }
        else if (size > 0)
        {
            _commitSize.Record(size);
            _commitDuration.Record(took.TotalSeconds);
        }
    }

    private IEnumerable<Measurement<int>> Active() =>
        _regions.Select(r => new Measurement<int>(r.Value(), new KeyValuePair<string, object?>("kind", r.Key)));

    private IEnumerable<Measurement<int>> UnreadableNow() => Volatile.Read(ref _unreadable) is { } count ? [new Measurement<int>(count())] : [];

    private IEnumerable<Measurement<double>> Behind() =>
        Volatile.Read(ref _alarmsBehind)?.Invoke() is { } behind ? [new Measurement<double>(Math.Max(0, behind.TotalSeconds))] : [];
}
