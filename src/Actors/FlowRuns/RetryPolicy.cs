using System.Buffers.Binary;
using Runner.Messages.Deployments;

namespace Runner.Actors.FlowRuns;

/// <summary>When the next attempt is due, as <see cref="RetrySpec"/> says.</summary>
internal static class RetryPolicy
{
    /// <summary>No delay is longer than this, whatever the back-off multiplies to.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <summary>
    /// The delay after attempt <paramref name="attempt"/> (from 1) failed; null if there is no further one. The jitter is drawn from
    /// the run's id and the attempt, so that deciding again decides the same.
    /// </summary>
    public static TimeSpan? DelayBefore(RetrySpec retries, Guid run, int attempt)
    {
        if (attempt > retries.Count)
        {
            return null;
        }

        var listed = retries.Delays;
        var seconds = listed.IsEmpty
            ? retries.Delay.TotalSeconds * Math.Pow(retries.Backoff, attempt - 1)
            : listed[Math.Min(attempt, listed.Length) - 1].TotalSeconds;
        var bounded = Math.Min(seconds, (retries.MaxDelay ?? Longest).TotalSeconds);
        var lengthened = bounded * (1 + (retries.Jitter * Fraction(run, attempt)));
        return TimeSpan.FromMilliseconds(Math.Round(Math.Min(lengthened, 2 * Longest.TotalSeconds) * 1000));
    }

    /// <summary>A number from 0 to 1 that is spread evenly over runs and attempts (the finisher of SplitMix64).</summary>
    private static double Fraction(Guid run, int attempt)
    {
        Span<byte> bytes = stackalloc byte[16];
        run.TryWriteBytes(bytes);
        var x = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        x += 0x9E3779B97F4A7C15UL * (ulong)attempt;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        x ^= x >> 31;
        return (x >> 11) * (1.0 / (1UL << 53));
    }
}
