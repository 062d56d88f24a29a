using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Runner.Tests.Kit;

/// <summary>
/// Messages that are handed over as they are where others are written: what is sent is their number. Not a serializer's own, and kept for a while
/// after they were read: under load Akka.NET has been seen to read a message by another instance, or again.
/// </summary>
internal static class UnderWay
{
    private const int Kept = 10_000;

    private static readonly ConcurrentDictionary<long, object> Messages = new();
    private static long _last;

    public static byte[] Put(object message)
    {
        var number = Interlocked.Increment(ref _last);
        Messages[number] = message;
        Messages.TryRemove(number - Kept, out _);
        return Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Null if it is of another program.</summary>
    public static object? Take(byte[] bytes) =>
        long.TryParse(Encoding.UTF8.GetString(bytes), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Messages.GetValueOrDefault(number) : null;
}
