using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Runner.Messages;

namespace Runner.Actors.Scheduling;

/// <summary>Time zones by their IANA names (<c>Europe/Berlin</c>).</summary>
public static class TimeZones
{
    private const int LongestId = 64;
    private const int Suggestions = 3;

    // Files of the zone database that stand for «whatever this machine has» or for «not set yet».
    private static readonly FrozenSet<string> NoZones = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "Local", "localtime", "Factory");

    // Zones are few and never change while the program runs. Names that are not found are not kept: there is no end of them.
    private static readonly ConcurrentDictionary<string, TimeZoneInfo> Found = new(StringComparer.Ordinal);

    private static readonly Lazy<ImmutableArray<string>> KnownIds = new(
        () => [.. TimeZoneInfo.GetSystemTimeZones(skipSorting: true).Select(zone => zone.Id).Append("UTC").Distinct().Order(StringComparer.Ordinal)]);

    /// <summary>Finds a zone. Null and the empty name mean UTC; an unknown name is refused and never taken for UTC.</summary>
    /// <param name="error">For the person who wrote the name: says so, with up to three names that are like it.</param>
    public static bool TryFind(string? id, [NotNullWhen(true)] out TimeZoneInfo? zone, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (string.IsNullOrEmpty(id) || id.Equals("UTC", StringComparison.OrdinalIgnoreCase))
        {
            zone = TimeZoneInfo.Utc;
            return true;
        }

        if (Found.TryGetValue(id, out zone))
        {
            return true;
        }

        if (!LooksLikeAName(id) || Load(id) is not { } loaded)
        {
            error = Refusal(id);
            return false;
        }

        zone = Found.GetOrAdd(id, loaded);
        return true;
    }

    /// <summary>
    /// How far a zone's clocks are ahead of UTC at an instant, as schedules reckon with it and <see cref="TimeZoneInfo"/> may not: to the
    /// second, up to 16 hours, and with the clock changes of years to come.
    /// </summary>
    public static TimeSpan OffsetAt(TimeZoneInfo zone, DateTimeOffset instant)
    {
        ArgumentNullException.ThrowIfNull(zone);
        return TimeSpan.FromTicks(ZoneTimeline.Of(zone).At(instant.UtcTicks).Offset);
    }

    // Another case of a name is found only when the right one was asked for before: that must not decide what is accepted.
    private static TimeZoneInfo? Load(string id) => TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) && zone.Id == id ? zone : null;

    /// <summary>Names are paths below the zone database: this keeps them there, and away from what is no zone of its own.</summary>
    private static bool LooksLikeAName(string id) =>
        id.Length <= LongestId
        && char.IsAsciiLetter(id[0])
        && !id.Contains("//", StringComparison.Ordinal)
        && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+')
        && !id.StartsWith("posix", StringComparison.OrdinalIgnoreCase)
        && !id.StartsWith("right/", StringComparison.OrdinalIgnoreCase)
        && !NoZones.Contains(id);

    private static string Refusal(string id)
    {
        var quoted = ScheduleFormatException.Quote(id);
        if (KnownIds.Value.Length <= 1)
        {
            return $"time zone: {quoted} is unknown, as this machine has no time zone database; install it (package tzdata)";
        }

        var near = Nearest.Of(id.Length <= LongestId ? id : id[..LongestId], KnownIds.Value, Suggestions);
        return near.IsEmpty
            ? $"time zone: {quoted} is unknown; expected an IANA name such as Europe/Berlin, or nothing for UTC"
            : $"time zone: {quoted} is unknown; did you mean {string.Join(" or ", near)}?";
    }
}
