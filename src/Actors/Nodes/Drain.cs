namespace Runner.Actors.Nodes;

/// <summary>
/// Whether a node is to leave once its programs have ended. One for the whole program: also where its actors begin anew, it is not forgotten.
/// </summary>
public sealed class Drain
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isOn;

    /// <summary>Whether the node takes no new programs.</summary>
    public bool IsOn => _isOn;

    /// <summary>Completes when it has no programs any more, and may leave.</summary>
    public Task Done => _done.Task;

    internal void Begin() => _isOn = true;

    internal void End() => _done.TrySetResult();
}
