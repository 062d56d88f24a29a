namespace Runner.Actors.Processes;

/// <summary>Closed when the node is being stopped. Thread-safe.</summary>
internal sealed class StartGate
{
    private volatile bool _closed;

    public bool Closed
    {
        get => _closed;
        set => _closed = value;
    }
}
