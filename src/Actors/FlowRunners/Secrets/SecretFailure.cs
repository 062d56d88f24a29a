namespace Runner.Actors.FlowRunners.Secrets;

/// <summary>
/// A value could not be read. The message is what follows «the value of X cannot be read from Y: », with what to do; nothing of a value is in it.
/// </summary>
internal sealed class SecretFailure(string message) : Exception(message);
