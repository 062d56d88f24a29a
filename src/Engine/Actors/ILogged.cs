using Serilog.Core;

namespace Runner.Engine.Actors;

/// <summary>An address that can say what a log line about it is about.</summary>
public interface ILogged
{
    /// <summary>Adds that to a line; null for nothing. Called from any thread.</summary>
    ILogEventEnricher? LogContext { get; }
}
