using System.Globalization;
using System.Text.RegularExpressions;

namespace Runner.Actors.Scheduling;

/// <summary>
/// A zone's yearly clock changes, as POSIX writes them in TZ: <c>EET-2EEST,M4.5.5/0,M10.5.4/24</c>, with RFC 9636's times from -167 to
/// 167 hours. Offsets are ticks ahead of UTC.
/// </summary>
internal sealed partial class ZoneRule
{
    private readonly long _standard;
    private readonly long _daylight;
    private readonly YearlyTime _begins;
    private readonly YearlyTime _ends;

    private ZoneRule(long standard, long daylight, YearlyTime begins, YearlyTime ends) =>
        (_standard, _daylight, _begins, _ends) = (standard, daylight, begins, ends);

    /// <summary>Null when it is no such text, or there are no changes.</summary>
    public static ZoneRule? Read(string text)
    {
        if (Format().Match(text) is not { Success: true } match)
        {
            return null;
        }

        var standard = -Ticks(match.Groups["standard"].Value);
        var daylight = match.Groups["daylight"] is { Success: true } given ? -Ticks(given.Value) : standard + TimeSpan.TicksPerHour;
        return new ZoneRule(standard, daylight, YearlyTime.Of(match.Groups["begins"].Value, match.Groups["beginsAt"].Value), YearlyTime.Of(
            match.Groups["ends"].Value, match.Groups["endsAt"].Value));
    }

    /// <summary>
    /// The offset at an instant of the calendar: that of the latest change before it, which may be of last year, or of next by New Year's Eve.
    /// </summary>
    public long OffsetAt(long utc)
    {
        var year = new DateTime(utc).Year;
        var (latest, offset) = (long.MinValue, _standard);
        foreach (var (at, then) in ChangesOf(year - 1, year + 1))
        {
            (latest, offset) = at <= utc && at > latest ? (at, then) : (latest, offset);
        }

        return offset;
    }

    /// <summary>Every change after one instant of the calendar and before another, in order.</summary>
    public IEnumerable<long> ChangesBetween(long after, long before) =>
        ChangesOf(new DateTime(after).Year - 1, new DateTime(before - 1).Year + 1)
            .Select(change => change.At).Where(at => at > after && at < before).Order();

    private IEnumerable<(long At, long Offset)> ChangesOf(int first, int last)
    {
        for (var year = Math.Max(1, first); year <= Math.Min(9999, last); year++)
        {
            yield return (_begins.In(year) - _standard, _daylight);
            yield return (_ends.In(year) - _daylight, _standard);
        }
    }

    /// <summary><c>2</c>, <c>-3:30</c> or <c>+24:00:00</c> as ticks.</summary>
    private static long Ticks(string text)
    {
        var parts = text.TrimStart('+', '-').Split(':').Select(part => long.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        var ticks = parts.Zip([TimeSpan.TicksPerHour, TimeSpan.TicksPerMinute, TimeSpan.TicksPerSecond], (part, unit) => part * unit).Sum();
        return text.StartsWith('-') ? -ticks : ticks;
    }

    [GeneratedRegex(
        """
        ^ (?:[A-Za-z]{3,}|<[^>]+>) (?<standard>[-+]?\d{1,2}(?::\d\d){0,2})
        (?:[A-Za-z]{3,}|<[^>]+>) (?<daylight>[-+]?\d{1,2}(?::\d\d){0,2})?
        ,(?<begins>M\d{1,2}\.[1-5]\.[0-6]|J?\d{1,3}) (?:/(?<beginsAt>[-+]?\d{1,3}(?::\d\d){0,2}))?
        ,(?<ends>M\d{1,2}\.[1-5]\.[0-6]|J?\d{1,3}) (?:/(?<endsAt>[-+]?\d{1,3}(?::\d\d){0,2}))? $
        """,
        RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Format();

    /// <summary>
    /// A time once a year: <c>M10.5.0</c>, the last Sunday of October; <c>J60</c>, always 1 March; <c>59</c>, the day after 59 others.
    /// </summary>
    private readonly record struct YearlyTime(int Month, int Week, int Day, bool CountsLeapDay, long Time)
    {
        public static YearlyTime Of(string date, string time)
        {
            var numbers = date.TrimStart('M', 'J').Split('.').Select(part => int.Parse(part, CultureInfo.InvariantCulture)).ToArray();
            var at = time.Length == 0 ? 2 * TimeSpan.TicksPerHour : Ticks(time);
            return date[0] == 'M' ? new YearlyTime(Math.Clamp(numbers[0], 1, 12), numbers[1], numbers[2], true, at)
                : new YearlyTime(0, 0, numbers[0], date[0] != 'J', at);
        }

        /// <summary>On the wall clock before it changes, in local ticks.</summary>
        public long In(int year)
        {
            var day = new DateTime(year, Math.Max(1, Month), 1).Ticks / TimeSpan.TicksPerDay;
            if (Month == 0)
            {
                day += CountsLeapDay ? Day : Day - 1 + (Day >= 60 && DateTime.IsLeapYear(year) ? 1 : 0);
            }
            else
            {
                var shape = new MonthShape((int)((day + 1) % 7), DateTime.DaysInMonth(year, Month));
                var days = Week == 5 ? shape.Last(1U << Day) : shape.OfWeeks(1UL << ((Week - 1) * 7) + Day);
                day += BitSet.First(days) - 1;
            }

            return (day * TimeSpan.TicksPerDay) + Time;
        }
    }
}
