namespace Runner.Actors.FlowRunners.Linux;

/// <summary>A start met something missing. The message is the one sentence the observer gets.</summary>
internal sealed class StartFailure(StartFailureKind kind, string message) : Exception(message)
{
    public StartFailureKind Kind { get; } = kind;
}
