namespace Runner.Host.Configuration;

/// <summary>The node cannot start; the message is a sentence for the person who started it: what is in the way and what to do.</summary>
internal sealed class NodeStartException(string message, Exception? inner = null) : Exception(message, inner);
