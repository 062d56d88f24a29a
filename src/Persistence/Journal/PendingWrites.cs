using System.Collections.Concurrent;

namespace Runner.Persistence.Journal;

/// <summary>
/// Writes that the store has not answered. An entity that was stopped while it wrote and recovers at once must not be told a number
/// that its own write is about to pass.
/// </summary>
internal sealed class PendingWrites
{
    private readonly ConcurrentDictionary<string, Task> _tasks = new(StringComparer.Ordinal);

    /// <param name="write">Never fails.</param>
    public void Add(string persistenceId, Task write)
    {
        if (write.IsCompleted)
        {
            return;
        }

        // Two incarnations of one entity may write at the same time: whoever reads waits for both.
        var all = _tasks.AddOrUpdate(persistenceId, static (_, one) => one, static (_, other, one) => Task.WhenAll(other, one), write);
        all.ContinueWith(
            static (task, state) =>
            {
                var (tasks, id) = ((ConcurrentDictionary<string, Task>, string))state!;
                tasks.TryRemove(new KeyValuePair<string, Task>(id, task));
            },
            (_tasks, persistenceId), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    // A task of its own for each: of several that await one and the same, .NET lets one go on in line and the others on the thread pool.
    public Task EndOfAsync(string persistenceId) => _tasks.TryGetValue(persistenceId, out var task)
        ? task.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)
        : Task.CompletedTask;
}
