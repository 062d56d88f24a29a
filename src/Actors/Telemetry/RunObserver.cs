using Runner.Actors.FlowRuns;

namespace Runner.Actors.Telemetry;

/// <summary>Told of everything that becomes durable of this node's runs: measures it, and emits the trace of a run that ends.</summary>
internal sealed class RunObserver(RunTelemetry metrics, RunTracer tracer) : IRunObserver
{
    public void Changed(FlowRunState before, FlowRunState after)
    {
        metrics.Changed(before, after);
        if (after.Phase == RunPhase.Ended && before.Phase != RunPhase.Ended)
        {
            tracer.Emit(after);
        }
    }
}
