using System.Collections.Immutable;
using Runner.Actors.FlowRunners;

namespace Runner.Actors.Retention;

/// <summary>The output of attempts as it lies in the data folder.</summary>
public sealed class FileRunOutput(RunFiles files) : IRunOutput
{
    /// <inheritdoc/>
    public Task<OutputSize> MeasureAsync(IReadOnlyCollection<RunAttempts> runs) => Task.Run(() => Each(runs, files.Size));

    /// <inheritdoc/>
    public Task<OutputSize> DeleteAsync(IReadOnlyCollection<RunAttempts> runs) => Task.Run(() => Each(runs, key =>
    {
        var size = files.Size(key);
        files.Delete(key);
        return size;
    }));

    private static OutputSize Each(IReadOnlyCollection<RunAttempts> runs, Func<AttemptKey, long> work)
    {
        var bytes = 0L;
        var failed = ImmutableArray.CreateBuilder<Guid>();
        string? problem = null;
        foreach (var (run, attempts) in runs)
        {
            try
            {
                for (var attempt = 1; attempt <= attempts; attempt++)
                {
                    bytes += work(new AttemptKey(run, attempt));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failed.Add(run);
                problem ??= e.Message;
            }
        }

        return new OutputSize(bytes, failed.DrainToImmutable(), problem);
    }
}
