using FsCheck;
using FsCheck.Fluent;
using Weekday = System.DayOfWeek;

namespace Runner.Actors.Tests.Scheduling;

/// <summary>One field of a generated expression: how it is written, and independently which local times it allows.</summary>
internal sealed record FieldCase(string Text, Func<DateTime, bool> Allows, bool Restricts, bool Recurs);

/// <summary>A generated expression and the slow way to its occurrences: look at every minute, or at every second where it has that field.</summary>
internal sealed record CronCase(
    FieldCase? Second, FieldCase Minute, FieldCase Hour, FieldCase DayOfMonth, FieldCase Month, FieldCase DayOfWeek, bool DayOr)
{
    public string Expression =>
        (Second is null ? "" : Second.Text + " ") + $"{Minute.Text} {Hour.Text} {DayOfMonth.Text} {Month.Text} {DayOfWeek.Text}";

    /// <summary>How far apart the times are that are looked at.</summary>
    public TimeSpan Unit => Second is null ? TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(1);

    /// <summary>Whether it is a rhythm, which runs in both passes of a repeated hour.</summary>
    public bool Recurring => Minute.Recurs || Hour.Recurs || Second is { Recurs: true };

    public bool Matches(DateTime local)
    {
        var (byDate, byWeekday) = (DayOfMonth.Allows(local), DayOfWeek.Allows(local));
        var either = DayOr && DayOfMonth.Restricts && DayOfWeek.Restricts;
        return (Second is null ? local.Second == 0 : Second.Allows(local)) && Minute.Allows(local) && Hour.Allows(local) && Month.Allows(local)
            && (either ? byDate || byWeekday : byDate && byWeekday);
    }

    /// <summary>The first occurrence after a whole unit and at most so many units later, by the documented rules read literally.</summary>
    public DateTimeOffset? Walk(DateTimeOffset after, int units, TimeZoneInfo zone)
    {
        var shown = Recurring ? Local(after, zone) : LatestShown(after, zone);
        for (var i = 1; i <= units; i++)
        {
            var now = Local(after + (Unit * i), zone);

            // A rhythm counts from what was shown a unit ago, a fixed time from the latest time ever shown.
            for (var passed = now > shown ? shown + Unit : now; passed <= now; passed += Unit)
            {
                if ((now > shown || Recurring) && Matches(passed))
                {
                    return after + (Unit * i);
                }
            }

            shown = now > shown || Recurring ? now : shown;
        }

        return null;
    }

    /// <summary>In whole units. Clocks change at whole minutes, so the last second of every minute shows the latest.</summary>
    private DateTime LatestShown(DateTimeOffset after, TimeZoneInfo zone)
    {
        var shown = Local(after, zone);
        var lastSecond = new DateTimeOffset(after.Ticks - (after.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero).AddSeconds(-1);
        for (var back = 0; back < 30 * 60; back++)
        {
            var earlier = Local(lastSecond.AddMinutes(-back), zone);
            shown = earlier > shown ? earlier : shown;
        }

        return new DateTime(shown.Ticks - (shown.Ticks % Unit.Ticks));
    }

    private static DateTime Local(DateTimeOffset utc, TimeZoneInfo zone) => utc.UtcDateTime + zone.GetUtcOffset(utc.UtcDateTime);

    /// <summary>Five fields, mostly such that they occur within days, now and then rarer.</summary>
    public static readonly Gen<CronCase> Cases =
        from minute in Field(0, 59, 2, t => t.Minute)
        from hour in Field(0, 23, 2, t => t.Hour)
        from dayOfMonth in DaysOfMonth(star: 7)
        from month in Field(1, 12, 12, t => t.Month)
        from dayOfWeek in DaysOfWeek(star: 5)
        from dayOr in Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false)))
        select new CronCase(null, minute, hour, dayOfMonth, month, dayOfWeek, dayOr);

    /// <summary>Six fields, such that most occur within hours.</summary>
    public static readonly Gen<CronCase> CasesWithSeconds =
        from item in Cases
        from second in Field(0, 59, 2, t => t.Second)
        from minute in Field(0, 59, 12, t => t.Minute)
        from hour in Field(0, 23, 12, t => t.Hour)
        select item with { Second = second, Minute = minute, Hour = hour };

    private static Gen<FieldCase> DaysOfMonth(int star)
    {
        var shape = Gen.OneOf(
            Gen.Constant(new FieldCase("L", t => IsDayBeforeEnd(t, 0), true, false)),
            Gen.Choose(0, 30).Select(n => new FieldCase($"l-{n}", t => IsDayBeforeEnd(t, n), true, false)),
            Gen.Constant(new FieldCase("LW", t => IsNearestTo(t, d => IsDayBeforeEnd(d, 0)), true, false)),
            Gen.Choose(1, 30).Select(n => new FieldCase($"L-{n}W", t => IsNearestTo(t, d => IsDayBeforeEnd(d, n)), true, false)),
            Gen.Choose(1, 31).Select(n => new FieldCase($"{n}W", t => IsNearestTo(t, d => d.Day == n), true, false)));
        return WithShapes(Field(1, 31, star, t => t.Day), shape);
    }

    private static Gen<FieldCase> DaysOfWeek(int star)
    {
        string[] names = ["sun", "MON", "Tue", "wednesday", "thu", "FRI", "sat", "7"];
        var day = from n in Gen.Choose(0, 7)
                  from written in Gen.Elements($"{n}", names[n])
                  select (Written: written, Day: (Weekday)(n % 7));
        var shape = Gen.OneOf(
            Gen.Constant(new FieldCase("L", t => t.DayOfWeek == Weekday.Saturday, true, false)),
            day.Select(d => new FieldCase($"{d.Written}", t => t.DayOfWeek == d.Day, true, false)),
            day.Select(d => new FieldCase($"{d.Written}L", t => t.DayOfWeek == d.Day && t.AddDays(7).Month != t.Month, true, false)),
            from d in day
            from week in Gen.Choose(1, 5)
            select new FieldCase($"{d.Written}#{week}", t => t.DayOfWeek == d.Day && (t.Day + 6) / 7 == week, true, false));
        return WithShapes(Field(0, 7, star, t => (int)t.DayOfWeek), shape);
    }

    /// <summary>A field, one of the shapes, or a list of both.</summary>
    private static Gen<FieldCase> WithShapes(Gen<FieldCase> plain, Gen<FieldCase> shape)
    {
        var list = from one in plain
                   from other in shape
                   select new FieldCase($"{other.Text},{one.Text}", t => one.Allows(t) || other.Allows(t), one.Restricts, one.Recurs);
        return Gen.Frequency((10, plain), (4, shape), (2, list));
    }

    internal static bool IsDayBeforeEnd(DateTime day, int days) => day.AddDays(days).Month == day.Month && day.AddDays(days + 1).Month != day.Month;

    /// <summary>Whether a day is the weekday nearest to one that is meant: looks at the days of the month by their distance from that.</summary>
    internal static bool IsNearestTo(DateTime day, Func<DateTime, bool> isMeant)
    {
        for (var date = new DateTime(day.Year, day.Month, 1); date.Month == day.Month; date = date.AddDays(1))
        {
            if (isMeant(date))
            {
                int[] distances = [0, -1, 1, -2, 2];
                return day.Date == distances.Select(d => date.AddDays(d))
                    .First(d => d.Month == date.Month && d.DayOfWeek is not Weekday.Saturday and not Weekday.Sunday);
            }
        }

        return false;
    }

    /// <param name="max">7 for weekdays, which is Sunday once more.</param>
    private static Gen<FieldCase> Field(int min, int max, int star, Func<DateTime, int> part)
    {
        var count = max == 7 ? 7 : max - min + 1;
        var value = Gen.Choose(min, max);
        var step = Gen.Choose(2, Math.Max(3, (max - min) / 2));
        var list = Gen.Choose(1, 4).SelectMany(n => value.ListOf(n)).Select(values => Of(string.Join(',', values), values, recurs: false));
        var range = from first in value
                    from last in value
                    select Of($"{first}-{last}", Wrap(first, last, 1));
        var stepped = from first in value
                      from last in value
                      from pace in step
                      select Of($"{first}-{last}/{pace}", Wrap(first, last, pace));
        var onwards = from first in value
                      from pace in step
                      select Of($"{first}/{pace}", Wrap(first, max, pace));
        var every = step.Select(pace => Of($"*/{pace}", Wrap(min, min + count - 1, pace)));
        return Gen.Frequency(
            (star, Gen.Elements(new FieldCase("*", _ => true, false, true), new FieldCase("*/1", _ => true, false, true))),
            (2, list), (1, range), (1, stepped), (1, onwards), (1, every));

        FieldCase Of(string text, IEnumerable<int> values, bool recurs = true)
        {
            var allowed = values.Select(v => max == 7 ? v % 7 : v).ToHashSet();
            return new FieldCase(text, t => allowed.Contains(part(t)), true, recurs);
        }

        // Counts on through the values as clocks and calendars do, Sunday following Saturday.
        IEnumerable<int> Wrap(int first, int last, int pace)
        {
            var (from, to) = max == 7 && first == 7 ? (0, last == 7 ? 0 : last) : (first, last);
            var length = to >= from ? to - from : to - from + count;
            return Enumerable.Range(0, length + 1).Where(i => i % pace == 0).Select(i => min + ((from - min + i) % count));
        }
    }
}
