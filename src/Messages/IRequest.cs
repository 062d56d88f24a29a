namespace Runner.Messages;

/// <summary>A message whose sender waits for an answer: the reply its type names, or a <see cref="Refusal"/>.</summary>
public interface IRequest : IWireMessage;

/// <inheritdoc/>
/// <typeparam name="TReply">What it is answered with when it is not refused.</typeparam>
public interface IRequest<TReply> : IRequest;
