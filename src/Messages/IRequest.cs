namespace Runner.Messages;

/// <summary>
/// A message whose sender waits for an answer: the reply its type names, or a <see cref="Refusal"/>. One that may go to another node is an
/// <see cref="IWireMessage"/> too; what the node that is asked answers from its store, or takes apart first, never leaves it and has no name on the
/// wire.
/// </summary>
public interface IRequest;

/// <inheritdoc/>
/// <typeparam name="TReply">What it is answered with when it is not refused.</typeparam>
public interface IRequest<TReply> : IRequest;
