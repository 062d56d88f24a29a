using System.Buffers.Binary;
using System.Security;
using System.Text;

namespace Runner.Actors.Scheduling;

/// <summary>
/// What the zone database's file of a zone (RFC 9636) says: every change of its clocks, and the rule for the time after the last.
/// .NET reads the same files, but not all there is in them. Offsets lose their seconds; those more than a day from today's are off by
/// a day (Pacific/Apia to 1950, Pacific/Kiritimati to 1979); a single change is left out (Asia/Riyadh in 1947); and a rule it cannot
/// hold is taken for none: those that change the clocks at 24:00 or later, or before 0:00 (Africa/Cairo, America/Santiago,
/// Asia/Jerusalem, America/Nuuk).
/// </summary>
internal sealed class ZoneFile
{
    private const int HeaderLength = 44;
    private const int TypeLength = 6;
    private const string DefaultFolder = "/usr/share/zoneinfo";

    private readonly long[] _changes;
    private readonly long[] _offsets;
    private readonly ZoneRule? _rule;

    /// <param name="changes">UTC ticks, in order.</param>
    /// <param name="offsets">Ticks ahead of UTC: before the first change, and from each on.</param>
    private ZoneFile(long[] changes, long[] offsets, ZoneRule? rule) => (_changes, _offsets, _rule) = (changes, offsets, rule);

    /// <summary>There is no change, and none to come.</summary>
    public bool IsFixed => _changes.Length == 0 && _rule is null;

    /// <summary>Null when the machine has no such file, or cannot read it.</summary>
    public static ZoneFile? Read(string id)
    {
        try
        {
            var folder = Environment.GetEnvironmentVariable("TZDIR");
            return OperatingSystem.IsWindows() ? null
                : Parse(File.ReadAllBytes(Path.Combine(string.IsNullOrEmpty(folder) ? DefaultFolder : folder, id)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SecurityException or ArgumentException)
        {
            return null; // the zone came from somewhere else, which then knows best
        }
    }

    /// <summary>How far clocks are ahead of UTC at an instant, both in ticks.</summary>
    public long OffsetAt(long utc)
    {
        var past = CountTo(utc);
        return past == _changes.Length && _rule is not null ? _rule.OffsetAt(utc) : _offsets[past];
    }

    /// <summary>Every change after one instant and before another, in order.</summary>
    public IEnumerable<long> ChangesBetween(long after, long before)
    {
        var listed = _changes.Skip(CountTo(after)).TakeWhile(change => change < before);
        return _rule is null || (_changes.Length > 0 && _changes[^1] >= before)
            ? listed
            : listed.Concat(_rule.ChangesBetween(_changes.Length > 0 ? Math.Max(after, _changes[^1]) : after, before));
    }

    /// <summary>How many of the listed changes are up to an instant.</summary>
    private int CountTo(long utc)
    {
        var found = Array.BinarySearch(_changes, utc);
        return found >= 0 ? found + 1 : ~found;
    }

    /// <summary>A file has its data twice: with times of 32 bits, then of 64 bits and the rule as text.</summary>
    private static ZoneFile? Parse(ReadOnlySpan<byte> file)
    {
        if (!IsHeader(file) || file[4] < (byte)'2' || !TrySkip(ref file, DataLength(file, 4)) || !IsHeader(file))
        {
            return null;
        }

        var data = file;
        if (!TrySkip(ref file, DataLength(file, 8)) || Count(data, 4) == 0)
        {
            return null;
        }

        var times = data[HeaderLength..];
        var kinds = times[(Count(data, 3) * 8)..];
        var types = kinds[Count(data, 3)..];
        var changes = new long[Count(data, 3)];
        var offsets = new long[changes.Length + 1];
        offsets[0] = Offset(types, 0);
        for (var i = 0; i < changes.Length; i++)
        {
            if (kinds[i] >= Count(data, 4))
            {
                return null;
            }

            changes[i] = Instant(BinaryPrimitives.ReadInt64BigEndian(times[(i * 8)..]));
            offsets[i + 1] = Offset(types, kinds[i]);
        }

        return new ZoneFile(changes, offsets, ZoneRule.Read(Encoding.ASCII.GetString(file).Trim('\n')));
    }

    /// <summary>Some files begin with a change at the beginning of the universe.</summary>
    private static long Instant(long seconds) =>
        DateTime.UnixEpoch.Ticks + (Math.Clamp(seconds, -DateTime.MaxValue.Ticks / TimeSpan.TicksPerSecond, DateTime.MaxValue.Ticks
            / TimeSpan.TicksPerSecond) * TimeSpan.TicksPerSecond);

    private static long Offset(ReadOnlySpan<byte> types, int type) =>
        BinaryPrimitives.ReadInt32BigEndian(types[(type * TypeLength)..]) * TimeSpan.TicksPerSecond;

    private static bool IsHeader(ReadOnlySpan<byte> file) => file.Length >= HeaderLength && file.StartsWith("TZif"u8);

    private static bool TrySkip(ref ReadOnlySpan<byte> file, long length)
    {
        var skips = length >= 0 && length <= file.Length;
        file = skips ? file[(int)length..] : file;
        return skips;
    }

    /// <summary>Of a header and what follows it: counts are of UT flags, standard flags, leap seconds, changes, types and characters.</summary>
    private static long DataLength(ReadOnlySpan<byte> file, int time) =>
        HeaderLength + Count(file, 0) + Count(file, 1) + (Count(file, 2) * (time + 4L)) + (Count(file, 3) * (time + 1L))
        + (Count(file, 4) * (long)TypeLength) + Count(file, 5);

    private static int Count(ReadOnlySpan<byte> file, int which) => BinaryPrimitives.ReadInt32BigEndian(file[(20 + (which * 4))..]);
}
