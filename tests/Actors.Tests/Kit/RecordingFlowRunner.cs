using Runner.Actors.FlowRunners;

namespace Runner.Actors.Tests.Kit;

/// <summary>Notes what it is asked for, and reports what a test says.</summary>
internal sealed class RecordingFlowRunner : IFlowRunner
{
    private readonly Dictionary<AttemptKey, IProcessObserver> _observers = [];

    /// <summary>What it was asked for, as sentences.</summary>
    public List<string> Asked { get; } = [];

    public List<ProcessSpec> Specs { get; } = [];

    /// <summary>Who is told of an attempt.</summary>
    public IProcessObserver this[AttemptKey key] => _observers[key];

    public void Start(ProcessSpec spec, IProcessObserver observer)
    {
        Asked.Add($"start {spec.Key.Attempt}");
        Specs.Add(spec);
        _observers[spec.Key] = observer;
    }

    public void Recover(ProcessSpec spec, ProcessHandle? handle, IProcessObserver observer)
    {
        Asked.Add($"recover {spec.Key.Attempt} {handle?.Pid.ToString(null, null) ?? "unknown"}");
        Specs.Add(spec);
        _observers[spec.Key] = observer;
    }

    public void Stop(AttemptKey key, StopSignal signal) => Asked.Add($"{signal} {key.Attempt}");

    public void Forget(AttemptKey key) => Asked.Add($"forget {key.Attempt}");

    /// <summary>What it was asked for since this was last called.</summary>
    public string[] New()
    {
        string[] asked = [.. Asked];
        Asked.Clear();
        return asked;
    }
}
