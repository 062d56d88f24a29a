using System.Collections.Immutable;
using Runner.Actors;
using Runner.Actors.Nodes.Health;
using Runner.Actors.Telemetry;
using Runner.Host.Backup;
using Runner.Host.Configuration;

namespace Runner.Host.Commands;

/// <summary>What a node is started with.</summary>
/// <param name="ApiUrl">Where the API listens already; programs get it as <c>RUNNER_API_URL</c>.</param>
/// <param name="ProgramToken">Makes the token of a run's program, its <c>RUNNER_TOKEN</c>. Thread-safe.</param>
internal sealed record NodeStart(NodeOptions Options, string ApiUrl, Func<Guid, string> ProgramToken, TimeProvider Time, ILogger Log)
{
    /// <summary>Where the node measures and traces; null does neither.</summary>
    public NodeTelemetry? Telemetry { get; init; }
}

/// <summary>A node that runs.</summary>
/// <param name="Close">Closes its store once <see cref="IRunnerNode.StopAsync"/> has completed.</param>
/// <param name="Copy">Copies its store while it works; null if it has none.</param>
internal sealed record StartedNode(IRunnerNode Node, Func<ValueTask> Close, StoreCopier? Copy = null)
{
    /// <summary>Completes, with a sentence, when another node has taken its store over: it has to be stopped at once.</summary>
    public Task<string> Lost { get; init; } = new TaskCompletionSource<string>().Task;

    /// <summary>Completes when it was told to leave and has no programs any more.</summary>
    public Task Drained { get; init; } = new TaskCompletionSource().Task;

    /// <summary>What its store did not take before it ended, in a sentence; null if nothing is missing.</summary>
    public Func<string?> Unwritten { get; init; } = () => null;

    /// <summary>How many bytes its store takes; null where that is not known now.</summary>
    public Func<long?> StoreSize { get; init; } = () => null;

    /// <summary>What can be wrong with it that it does not say itself.</summary>
    public ImmutableArray<IHealthCheck> Checks { get; init; } = [];
}

/// <summary>
/// Opens the store, recovers what was running, and begins to work.
/// </summary>
/// <exception cref="NodeStartException">The store cannot be opened.</exception>
internal delegate Task<StartedNode> NodeStarter(NodeStart start, CancellationToken cancel);
