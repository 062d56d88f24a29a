using System.Diagnostics.Metrics;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Processes;
using Runner.Messages.Runs;

namespace Runner.Actors.Telemetry;

/// <summary>What the runs of one node measure. Thread-safe. The list is docs/telemetry.md.</summary>
internal sealed class RunTelemetry : IDisposable
{
    public const string MeterName = "Runner.Actors";

    /// <summary>Seconds, for what takes from a millisecond to a day.</summary>
    private static readonly double[] Long = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400];

    /// <summary>Seconds, for what should take milliseconds.</summary>
    private static readonly double[] Short = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 3600];

    private readonly Meter _meter;
    private readonly Counter<long> _submitted;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _sent;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _lateness;
    private readonly Histogram<double> _wait;
    private readonly Histogram<double> _start;
    private ProcessCount? _processes;
    private int _processLimit;
    private Func<SlotCounts?>? _slots;

    public RunTelemetry(object scope, string version)
    {
        _meter = new Meter(new MeterOptions(MeterName) { Scope = scope, Version = version });
        _submitted = _meter.CreateCounter<long>("runner.runs.submitted", "{run}", "Runs made.");
        _ended = _meter.CreateCounter<long>("runner.runs.ended", "{run}", "Runs that reached their last state.");
        _retries = _meter.CreateCounter<long>("runner.run.retries", "{attempt}", "Attempts that did not complete and are followed by another.");
        _sent = _meter.CreateCounter<long>("runner.messages.sent", "{message}", "Messages sent to other nodes of the cluster.");
        _duration = Seconds("runner.run.duration", "Time from the first process being alive to the run's end, with retries and waits between.", Long);
        _lateness = Seconds("runner.run.lateness", "Time from the run's due time to its first process being alive.", Short);
        _wait = Seconds("runner.run.wait", "Time from an attempt being due to its slots being taken.", Short);
        _start = Seconds("runner.process.start.duration", "Time from the slots of an attempt being taken to its process being alive.", Short);
        _meter.CreateObservableUpDownCounter(
            "runner.processes.running", () => Volatile.Read(ref _processes)?.Current ?? 0, "{process}",
            "Attempts whose processes this node looks after.");
        _meter.CreateObservableUpDownCounter(
            "runner.processes.limit", () => Volatile.Read(ref _processLimit), "{process}", "How many processes this node runs at once.");
        _meter.CreateObservableUpDownCounter("runner.slots.used", Used, "{slot}", "Slots of limits that are held.");
        _meter.CreateObservableUpDownCounter(
            "runner.runs.waiting", Waiting, "{run}", "Runs in memory that wait for a slot: of each full limit the first 1,024, the rest are rows.");
    }

    public void ObserveProcesses(ProcessCount processes, int limit)
    {
        Volatile.Write(ref _processLimit, limit);
        Volatile.Write(ref _processes, processes);
    }

    /// <param name="slots">Called from any thread; null while the limiter reads its rows.</param>
    public void ObserveSlots(Func<SlotCounts?> slots) => Volatile.Write(ref _slots, slots);

    /// <summary>A deployment has made a run for an occurrence of a schedule.</summary>
    public void Occurred() => _submitted.Add(1, new KeyValuePair<string, object?>("trigger", "schedule"));

    /// <summary>A message has been written for another node.</summary>
    public void Sent(object message) => _sent.Add(1, new KeyValuePair<string, object?>("message", message.GetType().Name));

    /// <summary>What became durable of a run has taken it from one state to the other.</summary>
    public void Changed(FlowRunState before, FlowRunState after)
    {
        if (before.Phase == RunPhase.None)
        {
            _submitted.Add(1, new KeyValuePair<string, object?>("trigger", after.Scheduled!.RetryOf is null ? "request" : "retry"));
        }

        for (var i = before.History.Count; i < after.History.Count; i++)
        {
            Step(after, i);
        }

        if (before.Started is null && after.Started is { } started)
        {
            _lateness.Record(Between(after.StartAt, started));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static double Between(DateTimeOffset from, DateTimeOffset to) => Math.Max(0, (to - from).TotalSeconds);

    private void Step(FlowRunState run, int index)
    {
        var step = run.History[index];
        switch (step.State.Name)
        {
            case StateNames.Submitting when _wait.Enabled:
                _wait.Record(Between(RunTrace.ReadyAt(run, index), step.State.At));
                break;
            case StateNames.Running or StateNames.Retrying when run.History[index - 1].State.Name == StateNames.Submitting:
                _start.Record(Between(run.History[index - 1].State.At, step.State.At));
                break;
            case StateNames.AwaitingRetry:
                _retries.Add(1);
                break;
            default:
                if (step.State.IsTerminal)
                {
                    End(run, step.State);
                }

                break;
        }
    }

    private void End(FlowRunState run, RunState state)
    {
        var name = new KeyValuePair<string, object?>("state", state.Name);
        _ended.Add(1, name);
        if (run.Started is { } started)
        {
            _duration.Record(Between(started, state.At), name);
        }
    }

    private Histogram<double> Seconds(string name, string description, double[] boundaries) =>
        _meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = boundaries });

    private IEnumerable<Measurement<int>> Used() => Volatile.Read(ref _slots)?.Invoke() is not { } counts ? [] :
    [
        new(counts.Node, new KeyValuePair<string, object?>("limit.kind", "node")),
        new(counts.Deployment, new KeyValuePair<string, object?>("limit.kind", "deployment")),
        new(counts.Named, new KeyValuePair<string, object?>("limit.kind", "named")),
    ];

    private IEnumerable<Measurement<int>> Waiting() =>
        Volatile.Read(ref _slots)?.Invoke() is { } counts ? [new Measurement<int>(counts.Waiting)] : [];
}
