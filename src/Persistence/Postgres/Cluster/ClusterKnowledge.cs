using System.Collections.Immutable;
using Runner.Entities.Store;
using ILogger = Serilog.ILogger;

namespace Runner.Persistence.Postgres.Cluster;

/// <summary>
/// Which of the newer kinds of events and messages every node of the cluster can read, and so may be used. Once a kind may, the database says so for
/// good: a node that does not know it is not let in any more. Until then whoever would use it does without.
/// </summary>
public sealed class ClusterKnowledge
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(5);

    private readonly ClusterKeeper _keeper;
    private readonly ImmutableArray<string> _newer;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile ImmutableHashSet<string> _used = [];

    /// <param name="newer">The kinds that are asked for, as nodes' rows have them.</param>
    public ClusterKnowledge(ClusterKeeper keeper, ImmutableArray<string> newer, TimeProvider time, ILogger log) =>
        (_keeper, _newer, _time, _log) = (keeper, newer, time, log);

    /// <summary>Whether every node knows a kind, now and from now on. Does not wait; thread-safe.</summary>
    public bool AllKnow(string kind) => _used.Contains(kind);

    /// <summary>Asks the database, until all are used or it is called off. Of a member.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using PeriodicTimer timer = new(AskEvery, _time);
        try
        {
            do
            {
                foreach (string kind in _newer.Where(kind => !_used.Contains(kind)))
                {
                    await AskAsync(kind).ConfigureAwait(false);
                }
            }
            while (!_newer.All(_used.Contains) && await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The node is no member any more.
        }
    }

    private async Task AskAsync(string kind)
    {
        try
        {
            if (await _keeper.TryUseAsync(kind).ConfigureAwait(false))
            {
                _used = _used.Add(kind);
                _log.Debug("Every node of the cluster knows {Kind}", kind);
            }
        }
        catch (StoreException)
        {
            // The next time.
        }
    }
}
