using System.Globalization;
using Runner.Actors.Nodes.Health;
using Runner.Messages.Nodes;

namespace Runner.Host.Health;

/// <summary>Whether there is room where the data lies.</summary>
/// <param name="folder">The data folder.</param>
internal sealed class DiskCheck(string folder) : IHealthCheck
{
    /// <summary>Below it something has to be done before the store is full: programs that print much take that in minutes.</summary>
    private const long LeastFree = 256L << 20;

    /// <summary>Of a disk that is small, so much is enough.</summary>
    private const int Part = 20;

    public Task<HealthCheck> CheckAsync(CancellationToken cancel) => Task.FromResult(Check());

    private HealthCheck Check()
    {
        try
        {
            var drive = new DriveInfo(folder);
            var (free, least) = (drive.AvailableFreeSpace, Math.Min(LeastFree, drive.TotalSize / Part));
            return free >= least
                ? new HealthCheck("disk", true, $"{Size(free)} are free where {folder} is.")
                : new HealthCheck("disk", false, $"Only {Size(free)} are free where {folder} is, and {Size(least)} should be: make room, or the store will be full and take no work.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new HealthCheck("disk", false, $"How much is free where {folder} is cannot be read ({e.Message.TrimEnd('.')}).");
        }
    }

    private static string Size(long bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0} MiB");
}
