using FsCheck;
using FsCheck.Fluent;

namespace Runner.Actors.Tests.Scheduling;

/// <summary>One field of a generated expression: how it is written, and independently what it means.</summary>
internal sealed record FieldCase(string Text, int[] Values, bool Restricts, bool Recurs);

/// <summary>A generated expression and the slow way to its occurrences: look at every minute.</summary>
internal sealed record CronCase(FieldCase Minute, FieldCase Hour, FieldCase DayOfMonth, FieldCase Month, FieldCase DayOfWeek)
{
    public string Expression => $"{Minute.Text} {Hour.Text} {DayOfMonth.Text} {Month.Text} {DayOfWeek.Text}";

    private bool Recurring => Minute.Recurs || Hour.Recurs;

    public bool Matches(DateTime local)
    {
        var byDate = DayOfMonth.Values.Contains(local.Day);
        var byWeekday = DayOfWeek.Values.Any(day => day % 7 == (int)local.DayOfWeek);
        var either = DayOfMonth.Restricts && DayOfWeek.Restricts;
        return Minute.Values.Contains(local.Minute) && Hour.Values.Contains(local.Hour) && Month.Values.Contains(local.Month)
            && (either ? byDate || byWeekday : byDate && byWeekday);
    }

    /// <summary>The first occurrence after a whole minute and at most so many minutes later, by the documented rules read literally.</summary>
    public DateTimeOffset? Walk(DateTimeOffset after, int minutes, TimeZoneInfo zone)
    {
        var shown = Local(after, zone);
        for (var back = 0; back < 30 * 60; back++)
        {
            var earlier = Local(after.AddMinutes(-back), zone);
            shown = !Recurring && earlier > shown ? earlier : shown;
        }

        for (var i = 1; i <= minutes; i++)
        {
            var now = Local(after.AddMinutes(i), zone);

            // A rhythm counts from what was shown a minute ago, a fixed time from the latest time ever shown.
            for (var passed = now > shown ? shown.AddMinutes(1) : now; passed <= now; passed = passed.AddMinutes(1))
            {
                if ((now > shown || Recurring) && Matches(passed))
                {
                    return after.AddMinutes(i);
                }
            }

            shown = now > shown || Recurring ? now : shown;
        }

        return null;
    }

    private static DateTime Local(DateTimeOffset utc, TimeZoneInfo zone) => utc.UtcDateTime + zone.GetUtcOffset(utc.UtcDateTime);

    /// <summary>Mostly expressions that occur within days, now and then rarer ones.</summary>
    public static readonly Gen<CronCase> Cases =
        from minute in Field(0, 59, star: 2)
        from hour in Field(0, 23, star: 2)
        from dayOfMonth in Field(1, 31, star: 6)
        from month in Field(1, 12, star: 12)
        from dayOfWeek in Field(0, 6, star: 4)
        select new CronCase(minute, hour, dayOfMonth, month, dayOfWeek);

    private static Gen<FieldCase> Field(int min, int max, int star)
    {
        var value = Gen.Choose(min, max);
        var step = Gen.Choose(2, Math.Max(3, (max - min) / 2));
        var list = Gen.Choose(1, 4).SelectMany(count => value.ListOf(count))
            .Select(values => new FieldCase(string.Join(',', values), [.. values], true, false));
        var range = from first in value
                    from last in value
                    select new FieldCase($"{first}-{last}", Wrap(first, last, 1), true, true);
        var stepped = from first in value
                      from last in value
                      from pace in step
                      select new FieldCase($"{first}-{last}/{pace}", Wrap(first, last, pace), true, true);
        var onwards = from first in value
                   from pace in step
                   select new FieldCase($"{first}/{pace}", Wrap(first, max, pace), true, true);
        var every = step.Select(pace => new FieldCase($"*/{pace}", Wrap(min, max, pace), true, true));
        return Gen.Frequency(
            (star, Gen.Constant(new FieldCase("*", Wrap(min, max, 1), false, true))),
            (2, list), (1, range), (1, stepped), (1, onwards), (1, every));

        int[] Wrap(int first, int last, int pace)
        {
            int[] run = first <= last
                ? [.. Enumerable.Range(first, last - first + 1)]
                : [.. Enumerable.Range(first, max - first + 1), .. Enumerable.Range(min, last - min + 1)];
            return [.. run.Where((_, i) => i % pace == 0)];
        }
    }
}
