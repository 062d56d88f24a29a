namespace Runner.Persistence.Postgres.Cluster;

/// <summary>
/// Leases that are given back, all that come while one statement is under way in the next one: a node that leaves gives back some dozens at once.
/// </summary>
/// <param name="release">One statement; throws if the database does not answer.</param>
internal sealed class Releases(Func<IReadOnlyList<(string Name, string Owner)>, Task> release)
{
    private readonly Lock _lock = new();
    private Round _next = new();
    private Round? _under;

    /// <summary>Completes when it is free for others, or fails when the database has not answered: then it runs out.</summary>
    public Task AddAsync(string lease, string owner)
    {
        lock (_lock)
        {
            _next.Leases.Add((lease, owner));
            var done = _next.Done.Task;
            if (_under is null)
            {
                _ = Task.Run(RunAsync);
                _under = new Round();
            }

            return done;
        }
    }

    /// <summary>Completes when nothing of that name is on its way back any more: who acquires it after that keeps it.</summary>
    public async Task SettledAsync(string lease)
    {
        while (Find(lease) is { } round)
        {
            await round.Done.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Round? Find(string lease)
    {
        lock (_lock)
        {
            return Array.Find([_next, _under], round => round?.Leases.Exists(l => l.Name == lease) == true);
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            Round round;
            lock (_lock)
            {
                if (_next.Leases.Count == 0)
                {
                    _under = null;
                    return;
                }

                (_under, round, _next) = (_next, _next, new Round());
            }

            Exception? error = null;
            try
            {
                await release(round.Leases).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                error = e;
            }

            lock (_lock)
            {
                _under = new Round();
            }

            if (error is null)
            {
                round.Done.TrySetResult();
            }
            else
            {
                round.Done.TrySetException(error);
                // Not everybody waits.
                _ = round.Done.Task.Exception;
            }
        }
    }

    private sealed class Round
    {
        public List<(string Name, string Owner)> Leases { get; } = [];

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
