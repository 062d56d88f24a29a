namespace Runner.Messages;

/// <summary>
/// A message that may go to another node: it has a name on the wire and comes back as it was. What never leaves its node is not marked so.
/// </summary>
public interface IWireMessage;
