namespace Runner.Messages;

/// <summary>
/// A message whose sender waits for an answer: the reply its type names, or a <see cref="Refusal"/>. Those that an application may send are
/// <see cref="IWireMessage"/>s, too.
/// </summary>
public interface IRequest;

/// <inheritdoc/>
/// <typeparam name="TReply">What it is answered with when it is not refused.</typeparam>
public interface IRequest<TReply> : IRequest;
