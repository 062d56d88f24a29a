using System.Globalization;

namespace Runner.Actors.Tests.Scheduling;

/// <summary>
/// The slow way to the times of a rule, RFC 5545, 3.3.10, read literally: go through every period, look at every day of it and, for
/// sub-daily rules, at every hour, minute or second. It shares no code with what it checks, and understands valid rules only.
/// </summary>
internal sealed class RecurrenceOracle
{
    private readonly Dictionary<string, string> _parts;
    private readonly string _frequency;
    private readonly DateTime _start;
    private readonly TimeZoneInfo _zone;
    private readonly long _interval;
    private readonly DayOfWeek _weekStart;
    private readonly (int Number, DayOfWeek Day)[] _weekdays;

    public RecurrenceOracle(string rule, DateTime start, TimeZoneInfo zone)
    {
        _parts = rule.Split(';').Select(part => part.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        _frequency = _parts["FREQ"];
        _start = start;
        _zone = zone;
        _interval = long.Parse(_parts.GetValueOrDefault("INTERVAL", "1"), CultureInfo.InvariantCulture);
        _weekStart = Weekday(_parts.GetValueOrDefault("WKST", "MO"));
        _weekdays = _parts.TryGetValue("BYDAY", out var days)
            ? [.. days.Split(',').Select(day => (day.Length > 2 ? int.Parse(day[..^2], CultureInfo.InvariantCulture) : 0, Weekday(day[^2..])))]
            : [];
    }

    /// <summary>How far it is sensible to walk: a year for rules of days, hours for rules of seconds.</summary>
    public TimeSpan Reach => _frequency switch
    {
        "SECONDLY" => TimeSpan.FromHours(3),
        "MINUTELY" => TimeSpan.FromDays(4),
        "HOURLY" => TimeSpan.FromDays(90),
        _ => TimeSpan.FromDays(366 * 6),
    };

    /// <summary>The occurrences after an instant and before so much later; those of a rule with COUNT are counted from DTSTART.</summary>
    public IEnumerable<DateTime> Occurrences(DateTime after, TimeSpan reach)
    {
        var end = Later(after, reach);
        var left = _parts.TryGetValue("COUNT", out var count) ? int.Parse(count, CultureInfo.InvariantCulture) : int.MaxValue;
        var from = left < int.MaxValue || _start > after ? _start : Later(after, TimeSpan.FromDays(-2));
        foreach (var local in Times(from, Later(end, TimeSpan.FromDays(2))))
        {
            if (local < _start || Instant(local) is not { } utc)
            {
                continue;
            }

            if (utc >= end || left-- == 0 || IsPastUntil(local, utc))
            {
                yield break;
            }

            if (utc > after)
            {
                yield return utc;
            }
        }
    }

    /// <summary>The first instant at which clocks show a time; null when they never do.</summary>
    private DateTime? Instant(DateTime local)
    {
        TimeSpan[] offsets = [Offset(Later(local, TimeSpan.FromDays(-1))), Offset(Later(local, TimeSpan.FromDays(1)))];
        var instants = offsets.Select(offset => local - offset).Where(utc => local - utc == Offset(utc)).ToArray();
        return instants.Length == 0 ? null : instants.Min();
    }

    private TimeSpan Offset(DateTime utc) => _zone.GetUtcOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc));

    private bool IsPastUntil(DateTime local, DateTime utc) =>
        _parts.TryGetValue("UNTIL", out var until) && (until.EndsWith('Z') ? utc > Time(until) : local > Time(until));

    /// <summary>All wall-clock times of periods that begin before an end, from the period on that a time is in.</summary>
    private IEnumerable<DateTime> Times(DateTime from, DateTime to)
    {
        for (var period = PeriodOf(from); period < to; period = NextPeriod(period))
        {
            if (!IsInInterval(period))
            {
                continue;
            }

            IEnumerable<DateTime> times = Of(period);
            if (_parts.TryGetValue("BYSETPOS", out var positions))
            {
                var set = times.Where(time => Instant(time) is not null).ToArray();
                times = [.. positions.Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture))
                    .Select(position => position > 0 ? position - 1 : set.Length + position)
                    .Where(index => index >= 0 && index < set.Length).Distinct().Order().Select(index => set[index])];
            }

            foreach (var time in times)
            {
                yield return time;
            }
        }
    }

    private IEnumerable<DateTime> Of(DateTime period)
    {
        if (IsSubDaily && !(MatchesDay(period.Date) && Limits(period)))
        {
            yield break;
        }

        var end = NextPeriod(period);
        for (var day = period.Date; day < end; day = day.AddDays(1))
        {
            if (!MatchesDay(day))
            {
                continue;
            }

            foreach (var hour in IsSubDaily ? [period.Hour] : Set("BYHOUR", _start.Hour))
            {
                foreach (var minute in _frequency is "MINUTELY" or "SECONDLY" ? [period.Minute] : Set("BYMINUTE", _start.Minute))
                {
                    foreach (var second in _frequency is "SECONDLY" ? [period.Second] : Set("BYSECOND", _start.Second))
                    {
                        yield return day + new TimeSpan(hour, minute, second);
                    }
                }
            }
        }
    }

    private bool IsSubDaily => _frequency is "HOURLY" or "MINUTELY" or "SECONDLY";

    private bool Limits(DateTime period) =>
        Has("BYHOUR", period.Hour)
        && (_frequency == "HOURLY" || Has("BYMINUTE", period.Minute))
        && (_frequency != "SECONDLY" || Has("BYSECOND", period.Second));

    private DateTime PeriodOf(DateTime time) => _frequency switch
    {
        "YEARLY" => new DateTime(time.Year, 1, 1),
        "MONTHLY" => new DateTime(time.Year, time.Month, 1),
        "WEEKLY" => WeekOf(time),
        "DAILY" => time.Date,
        "HOURLY" => time.Date.AddHours(time.Hour),
        "MINUTELY" => time.Date.AddHours(time.Hour).AddMinutes(time.Minute),
        _ => new DateTime(time.Ticks - (time.Ticks % TimeSpan.TicksPerSecond)),
    };

    private DateTime NextPeriod(DateTime period) => _frequency switch
    {
        "YEARLY" => period.AddYears(1),
        "MONTHLY" => period.AddMonths(1),
        "WEEKLY" => period.AddDays(7),
        "DAILY" => period.AddDays(1),
        "HOURLY" => period.AddHours(1),
        "MINUTELY" => period.AddMinutes(1),
        _ => period.AddSeconds(1),
    };

    private bool IsInInterval(DateTime period)
    {
        var start = PeriodOf(_start);
        var apart = _frequency switch
        {
            "YEARLY" => period.Year - start.Year,
            "MONTHLY" => ((period.Year - start.Year) * 12) + period.Month - start.Month,
            "WEEKLY" => (period - start).Days / 7,
            "DAILY" => (period - start).Days,
            "HOURLY" => (period - start).Ticks / TimeSpan.TicksPerHour,
            "MINUTELY" => (period - start).Ticks / TimeSpan.TicksPerMinute,
            _ => (period - start).Ticks / TimeSpan.TicksPerSecond,
        };
        return apart % _interval == 0;
    }

    private bool MatchesDay(DateTime day)
    {
        var monthLength = DateTime.DaysInMonth(day.Year, day.Month);
        var yearLength = DateTime.IsLeapYear(day.Year) ? 366 : 365;
        return Has("BYMONTH", day.Month)
            && (Has("BYWEEKNO", 0) || MatchesWeek(day))
            && (Has("BYYEARDAY", day.DayOfYear) || Has("BYYEARDAY", day.DayOfYear - yearLength - 1))
            && (Has("BYMONTHDAY", day.Day) || Has("BYMONTHDAY", day.Day - monthLength - 1))
            && (_weekdays.Length == 0 || _weekdays.Any(weekday => MatchesWeekday(weekday, day)))
            && MatchesStart(day);
    }

    /// <summary>A week is numbered in the year that has four of its days, and so its fourth.</summary>
    private bool MatchesWeek(DateTime day)
    {
        var fourth = WeekOf(day).AddDays(3);
        var last = new DateTime(fourth.Year, 12, 31);
        last = last.AddDays(-(((int)last.DayOfWeek - (int)fourth.DayOfWeek + 7) % 7));
        var (number, count) = (((fourth.DayOfYear - 1) / 7) + 1, ((last.DayOfYear - 1) / 7) + 1);
        return Has("BYWEEKNO", number) || Has("BYWEEKNO", number - count - 1);
    }

    private bool MatchesWeekday((int Number, DayOfWeek Day) weekday, DateTime day)
    {
        if (weekday.Number == 0 || weekday.Day != day.DayOfWeek)
        {
            return weekday.Day == day.DayOfWeek;
        }

        var inYear = _frequency == "YEARLY" && !_parts.ContainsKey("BYMONTH");
        var first = inYear ? new DateTime(day.Year, 1, 1) : new DateTime(day.Year, day.Month, 1);
        var end = inYear ? first.AddYears(1) : first.AddMonths(1);
        var alike = Enumerable.Range(0, (end - first).Days).Select(n => first.AddDays(n)).Where(other => other.DayOfWeek == weekday.Day).ToList();
        return alike.IndexOf(day) == (weekday.Number > 0 ? weekday.Number - 1 : alike.Count + weekday.Number);
    }

    /// <summary>What no part says comes from DTSTART.</summary>
    private bool MatchesStart(DateTime day)
    {
        if (_parts.ContainsKey("BYYEARDAY") || _parts.ContainsKey("BYMONTHDAY") || _parts.ContainsKey("BYDAY"))
        {
            return true;
        }

        return _parts.ContainsKey("BYWEEKNO") || _frequency == "WEEKLY" ? day.DayOfWeek == _start.DayOfWeek
            : _frequency == "MONTHLY" ? day.Day == _start.Day
            : _frequency != "YEARLY" || (day.Day == _start.Day && (_parts.ContainsKey("BYMONTH") || day.Month == _start.Month));
    }

    private DateTime WeekOf(DateTime day) => day.Date.AddDays(-(((int)day.DayOfWeek - (int)_weekStart + 7) % 7));

    /// <summary>Whether a part allows a value: it is left out, or has it.</summary>
    private bool Has(string part, int value) => !_parts.TryGetValue(part, out var values) || Numbers(values).Contains(value);

    private int[] Set(string part, int otherwise) => _parts.TryGetValue(part, out var values) ? [.. Numbers(values).Distinct().Order()] : [otherwise];

    private readonly Dictionary<string, int[]> _numbers = [];

    private int[] Numbers(string values)
    {
        if (!_numbers.TryGetValue(values, out var numbers))
        {
            _numbers[values] = numbers = [.. values.Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        }

        return numbers;
    }

    private static DateTime Later(DateTime time, TimeSpan by) =>
        by > DateTime.MaxValue - time ? DateTime.MaxValue : by < DateTime.MinValue - time ? DateTime.MinValue : time + by;

    private static DayOfWeek Weekday(string text) => (DayOfWeek)Array.IndexOf(["SU", "MO", "TU", "WE", "TH", "FR", "SA"], text);

    internal static DateTime Time(string text) =>
        DateTime.ParseExact(text.TrimEnd('Z'), ["yyyyMMdd'T'HHmmss", "yyyyMMdd"], CultureInfo.InvariantCulture);
}
