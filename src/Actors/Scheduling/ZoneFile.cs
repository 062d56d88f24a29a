using System.Buffers.Binary;
using System.Security;
using System.Text;

namespace Runner.Actors.Scheduling;

/// <summary>
/// What the zone database's file of a zone (RFC 9636) says of the time after its last listed change. .NET reads it too, but takes a
/// rule it cannot hold for no rule: those that change the clocks at 24:00 or later, or before 0:00 (Africa/Cairo, America/Santiago,
/// Asia/Jerusalem, America/Nuuk), so that these zones would never change again.
/// </summary>
internal static class ZoneFile
{
    private const int HeaderLength = 44;
    private const string DefaultFolder = "/usr/share/zoneinfo";

    /// <summary>The rule, and from which UTC ticks on it holds; null when the machine has no such file, or the file has no such rule.</summary>
    public static (long From, ZoneRule Rule)? Read(string id)
    {
        try
        {
            var folder = Environment.GetEnvironmentVariable("TZDIR");
            return OperatingSystem.IsWindows() ? null : Parse(File.ReadAllBytes(Path.Combine(string.IsNullOrEmpty(folder) ? DefaultFolder : folder, id)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SecurityException or ArgumentException)
        {
            return null; // the zone came from somewhere else, which then knows best
        }
    }

    /// <summary>A file has its data twice: with times of 32 bits, then of 64 bits and the rule as text.</summary>
    private static (long From, ZoneRule Rule)? Parse(ReadOnlySpan<byte> file)
    {
        if (!IsHeader(file) || file[4] < (byte)'2' || !TrySkip(ref file, DataLength(file, 4)) || !IsHeader(file))
        {
            return null;
        }

        var changes = Count(file, 3);
        var last = changes > 0 && file.Length >= HeaderLength + (changes * 8) ? BinaryPrimitives.ReadInt64BigEndian(file[(HeaderLength + ((changes - 1) * 8))..]) : 0;
        if (!TrySkip(ref file, DataLength(file, 8)) || ZoneRule.Read(Encoding.ASCII.GetString(file).Trim('\n')) is not { } rule)
        {
            return null;
        }

        return (DateTime.UnixEpoch.Ticks + (last * TimeSpan.TicksPerSecond), rule);
    }

    private static bool IsHeader(ReadOnlySpan<byte> file) => file.Length >= HeaderLength && file.StartsWith("TZif"u8);

    private static bool TrySkip(ref ReadOnlySpan<byte> file, long length)
    {
        var skips = length >= 0 && length <= file.Length;
        file = skips ? file[(int)length..] : file;
        return skips;
    }

    /// <summary>Of a header and what follows it: counts are of UT flags, standard flags, leap seconds, changes, types and characters.</summary>
    private static long DataLength(ReadOnlySpan<byte> file, int time) =>
        HeaderLength + Count(file, 0) + Count(file, 1) + (Count(file, 2) * (time + 4L)) + (Count(file, 3) * (time + 1L)) + (Count(file, 4) * 6L) + Count(file, 5);

    private static int Count(ReadOnlySpan<byte> file, int which) => BinaryPrimitives.ReadInt32BigEndian(file[(20 + (which * 4))..]);
}
