namespace Runner.Persistence.Postgres.Cluster;

/// <summary>
/// Leases that are being given back, together in one statement: a node that ends its actors gives back all of its shards' at once, each by itself.
/// </summary>
/// <param name="free">Frees leases in the database; must not fail.</param>
internal sealed class GivenBack(Func<IReadOnlyCollection<(string Lease, string Owner)>, Task> free)
{
    private readonly Lock _lock = new();
    private Batch _next = new();
    private Batch? _now;

    /// <summary>Gives a lease back.</summary>
    /// <returns>Completes when that has been tried.</returns>
    public Task Add(string lease, string owner)
    {
        lock (_lock)
        {
            var batch = _next;
            batch.Leases.Add((lease, owner));
            batch.HasBegun = true;
            if (_now is null)
            {
                StartLocked();
            }

            return batch.Done.Task;
        }
    }

    /// <summary>A lease is wanted again: it is not given back any more.</summary>
    /// <returns>Completes when it is sure not to be.</returns>
    public Task KeepAsync(string lease, string owner)
    {
        lock (_lock)
        {
            _next.Leases.Remove((lease, owner));
            return _now is { } now && now.Leases.Contains((lease, owner)) ? now.Done.Task : Task.CompletedTask;
        }
    }

    private void StartLocked()
    {
        (_now, _next) = (_next, new Batch());
        _ = GoAsync(_now);
    }

    private async Task GoAsync(Batch batch)
    {
        await Task.Yield();
        if (batch.Leases.Count > 0)
        {
            await free(batch.Leases).ConfigureAwait(false);
        }

        lock (_lock)
        {
            _now = null;
            if (_next.HasBegun)
            {
                StartLocked();
            }
        }

        batch.Done.TrySetResult();
    }

    private sealed class Batch
    {
        public HashSet<(string Lease, string Owner)> Leases { get; } = [];

        /// <summary>Whether somebody waits for it, be it only for what is wanted again.</summary>
        public bool HasBegun { get; set; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
