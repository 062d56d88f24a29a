using Runner.Entities.Store;

namespace Runner.Host.Verification;

/// <summary>Examines a store: what the database finds wrong with itself, and what does not follow from the events, side by side.</summary>
/// <param name="atMost">How many problems the report has.</param>
/// <param name="found">Told of those, one at a time.</param>
/// <param name="progress">Told now and then how many entities were read.</param>
internal sealed class Verification(TimeProvider time, int atMost, Action<StoreProblem> found, Action<long> progress)
{
    private readonly Lock _lock = new();
    private readonly List<StoreProblem> _problems = [];
    private long _found;

    /// <param name="name">What the store is called.</param>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public async Task<VerifyReport> RunAsync(string name, IStoreScan scan, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var integrity = Task.Factory.StartNew(
            () => Integrity(scan, end.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var verifier = new StoreVerifier(scan, Found, progress, cancel);
        try
        {
            await Task.Factory.StartNew(verifier.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .ConfigureAwait(false);
        }
        catch
        {
            await end.CancelAsync().ConfigureAwait(false);
            await integrity.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await integrity.ConfigureAwait(false);
        return new VerifyReport(
            name, verifier.Deployments, verifier.Runs, verifier.Events, verifier.Rows, verifier.WakeUps, verifier.Slots,
            _found, [.. _problems], time.GetElapsedTime(began).TotalSeconds);
    }

    private void Integrity(IStoreScan scan, CancellationToken cancel)
    {
        try
        {
            foreach (var finding in scan.Integrity(atMost, cancel))
            {
                Found(new StoreProblem(
                    "database", null, null, $"The database's own check says: {finding}.",
                    "Stop the node, and restore a backup from before the damage; or recover what can be with `sqlite3 store.db .recover`."));
            }
        }
        catch (StoreUnavailableException e) when (e.IsDamage)
        {
            Found(new StoreProblem(
                "database", null, null, $"The database's own check cannot be made: {e.Message}",
                "Stop the node, and restore a backup from before the damage."));
        }
    }

    private void Found(StoreProblem problem)
    {
        lock (_lock)
        {
            if (++_found <= atMost)
            {
                _problems.Add(problem);
                found(problem);
            }
        }
    }
}
