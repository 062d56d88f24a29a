using Runner.Entities.Store;

namespace Runner.Host.Stores;

/// <summary>
/// How much room a store takes that has to be asked for it, which whoever gathers metrics cannot wait for: each reading is the answer to
/// the question that the one before has asked. An old answer counts as none.
/// </summary>
internal sealed class MeasuredSize(IEntityStore store, TimeProvider time)
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private Task _asking = Task.CompletedTask;
    private (long Bytes, DateTimeOffset At)? _answer;

    /// <summary>The last answer; null if there is none, or it is too old. Asks anew.</summary>
    public long? Current()
    {
        lock (_lock)
        {
            if (_asking.IsCompleted)
            {
                _asking = Task.Run(AskAsync);
            }

            return _answer is { } answer && time.GetUtcNow() - answer.At < GoodFor ? answer.Bytes : null;
        }
    }

    private async Task AskAsync()
    {
        try
        {
            var space = await store.SpaceAsync().ConfigureAwait(false);
            lock (_lock)
            {
                _answer = (space.Bytes, time.GetUtcNow());
            }
        }
        catch (Exception e) when (e is StoreException or ObjectDisposedException)
        {
            // Then it is not known; the node's health says why.
            lock (_lock)
            {
                _answer = null;
            }
        }
    }
}
