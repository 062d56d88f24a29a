using System.Diagnostics;
using Runner.Entities;

namespace Runner.Actors.Telemetry;

/// <summary>
/// The meters and the source of traces of one node. They are this node's own: whoever listens knows them by <see cref="Scope"/> and
/// <see cref="Source"/>, so that two nodes in one program do not mix. Dispose of it after the node.
/// </summary>
public sealed class NodeTelemetry : IDisposable
{
    /// <param name="version">The version of this program.</param>
    public NodeTelemetry(string version)
    {
        Version = version;
        Engine = new EntityTelemetry(Scope, version);
        Runs = new RunTelemetry(Scope, version);
        Source = new ActivitySource(RunTelemetry.MeterName, version);
    }

    /// <summary>The <see cref="System.Diagnostics.Metrics.Meter.Scope"/> of every meter of this node.</summary>
    public object Scope { get; } = new();

    /// <summary>The version of this program.</summary>
    public string Version { get; }

    /// <summary>Store, entities, wake-ups.</summary>
    public EntityTelemetry Engine { get; }

    /// <summary>Where the traces of runs come from.</summary>
    public ActivitySource Source { get; }

    internal RunTelemetry Runs { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Source.Dispose();
        Runs.Dispose();
        Engine.Dispose();
    }
}
