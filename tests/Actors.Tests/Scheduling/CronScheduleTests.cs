using Runner.Actors.Scheduling;
using static Runner.Actors.Tests.Scheduling.Zones;

namespace Runner.Actors.Tests.Scheduling;

public class CronScheduleTests
{
    [Theory]
    [InlineData("* * * * *", "2026-03-10T12:00:00Z", "2026-03-10T12:01:00Z")]
    [InlineData("* * * * *", "2026-03-10T12:00:59.9999999Z", "2026-03-10T12:01:00Z")]
    [InlineData("* * * * *", "2026-03-10T11:59:59.9999999Z", "2026-03-10T12:00:00Z")]
    [InlineData("*/5 * * * *", "2026-03-10T12:56:00Z", "2026-03-10T13:00:00Z")]
    [InlineData("3/10 * * * *", "2026-03-10T12:53:00Z", "2026-03-10T13:03:00Z")]
    [InlineData("10-50/7 * * * *", "2026-03-10T12:38:00Z", "2026-03-10T12:45:00Z")]
    [InlineData("10-50/7 * * * *", "2026-03-10T12:45:00Z", "2026-03-10T13:10:00Z")]
    [InlineData("1,2,40-42 8 * * *", "2026-03-10T08:02:00Z", "2026-03-10T08:40:00Z")]
    [InlineData("0 22-2 * * *", "2026-03-10T22:00:00Z", "2026-03-10T23:00:00Z")]
    [InlineData("0 22-2 * * *", "2026-03-10T02:00:00Z", "2026-03-10T22:00:00Z")]
    [InlineData("0 22-4/3 * * *", "2026-03-10T22:00:00Z", "2026-03-11T01:00:00Z")]
    [InlineData("50-10/10 3 * * *", "2026-03-10T03:00:00Z", "2026-03-10T03:10:00Z")]
    [InlineData("0 0 31 * *", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z")]
    [InlineData("0 0 1 nov-feb *", "2026-02-01T00:00:00Z", "2026-11-01T00:00:00Z")]
    [InlineData("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z")]
    [InlineData("\t0  0 1 JAN,July ?  ", "2026-03-10T00:00:00Z", "2026-07-01T00:00:00Z")]
    public void The_next_occurrence_is_the_first_matching_minute_strictly_after(string expression, string after, string next) =>
        Assert.Equal(At(next), Cron(expression).Next(At(after)));

    [Theory]
    [InlineData("fri-mon", "Mon Fri Sat Sun")]
    [InlineData("5-7", "Fri Sat Sun")]
    [InlineData("sat-sun", "Sat Sun")]
    [InlineData("7-2", "Mon Tue Sun")]
    [InlineData("0", "Sun")]
    [InlineData("7", "Sun")]
    [InlineData("7-7", "Sun")]
    [InlineData("0-7", "Mon Tue Wed Thu Fri Sat Sun")]
    [InlineData("1-7/2", "Mon Wed Fri Sun")]
    [InlineData("2/2", "Tue Thu Sat")]
    [InlineData("1/2", "Mon Wed Fri Sun")] // 7 is the field's end
    [InlineData("*/7", "Sun")]
    [InlineData("7/2", "Sun")]
    [InlineData("L", "Sat")]
    [InlineData("mon,L", "Mon Sat")]
    [InlineData("Monday,WED", "Mon Wed")]
    [InlineData("fri-mon/2", "Fri Sun")]
    [InlineData("?", "Mon Tue Wed Thu Fri Sat Sun")]
    public void Days_of_the_week_are_numbers_or_names_and_may_wrap(string field, string days)
    {
        var schedule = Cron($"0 0 * * {field}");
        var monday = At("2026-03-08T12:00:00Z");
        var hits = Enumerable.Range(0, 7).Select(day => monday.AddDays(day)).Where(eve => schedule.Next(eve) == eve.AddHours(12));
        Assert.Equal(days, string.Join(' ', hits.Select(eve => eve.AddHours(12).DayOfWeek.ToString()[..3])));
    }

    [Theory]
    [InlineData("@hourly", "0 * * * *")]
    [InlineData("@daily", "0 0 * * *")]
    [InlineData("@midnight", "0 0 * * *")]
    [InlineData("@Weekly", "0 0 * * 0")]
    [InlineData("@monthly", "0 0 1 * *")]
    [InlineData("@yearly", "0 0 1 1 *")]
    [InlineData(" @ANNUALLY ", "0 0 1 1 *")]
    public void A_macro_is_short_for_five_fields(string macro, string fields)
    {
        var after = At("2026-03-10T12:34:56Z");
        for (var i = 0; i < 20; i++)
        {
            var next = Cron(macro).Next(after);
            Assert.Equal(Cron(fields).Next(after), next);
            after = next!.Value;
        }
    }

    [Theory]
    [InlineData("0 0 13 * 5", "2026-03-01T00:00:00Z", "03-06 03-13 03-20 03-27 04-03 04-10 04-13")] // both restrict: either
    [InlineData("0 0 13 * *", "2026-03-01T00:00:00Z", "03-13 04-13 05-13")]
    [InlineData("0 0 ? * 5", "2026-03-01T00:00:00Z", "03-06 03-13 03-20")]
    [InlineData("0 0 */1 * 5", "2026-03-01T00:00:00Z", "03-06 03-13 03-20")]
    [InlineData("0 0 13 3 5", "2026-03-01T00:00:00Z", "03-06 03-13 03-20 03-27 03-05")] // the month holds for both
    [InlineData("0 0 31 2 1", "2026-03-01T00:00:00Z", "02-01 02-08 02-15")] // the 31st of February never comes, its Mondays do
    public void A_day_matches_when_either_day_field_does_if_both_restrict(string expression, string after, string days)
    {
        var schedule = Cron(expression);
        var next = At(after);
        foreach (var day in days.Split(' '))
        {
            next = schedule.Next(next)!.Value;
            Assert.Equal(day, $"{next:MM-dd}");
        }
    }

    [Theory]
    [InlineData("* * * * * *", "2026-03-10T12:00:00Z", "12:00:01 12:00:02 12:00:03")]
    [InlineData("*/20 * * * * *", "2026-03-10T12:00:00Z", "12:00:20 12:00:40 12:01:00")]
    [InlineData("55/2 59 23 * * *", "2026-03-10T12:00:00Z", "23:59:55 23:59:57 23:59:59 23:59:55")]
    [InlineData("58-2 * * * * *", "2026-03-10T12:00:58.5Z", "12:00:59 12:01:00 12:01:01 12:01:02 12:01:58")]
    [InlineData("5,30 10 8 * * *", "2026-03-10T12:00:00Z", "08:10:05 08:10:30 08:10:05")]
    [InlineData("30 * 12 ? * *", "2026-03-10T12:59:30Z", "12:00:30 12:01:30")]
    [InlineData("7 7 7 7 7 ?", "2026-03-10T12:00:00Z", "07:07:07 07:07:07")]
    public void A_sixth_field_before_the_others_is_the_second(string expression, string after, string times)
    {
        var next = At(after);
        foreach (var time in times.Split(' '))
        {
            next = Cron(expression).Next(next)!.Value;
            Assert.Equal(time, $"{next:HH:mm:ss}");
            Assert.Equal(0, next.Ticks % TimeSpan.TicksPerSecond);
        }
    }

    [Theory]
    [InlineData("L", "01-31 02-28 03-31 04-30")]
    [InlineData("l,1", "01-01 01-31 02-01 02-28")]
    [InlineData("L-0", "01-31 02-28 03-31")]
    [InlineData("L-3", "01-28 02-25 03-28 04-27")]
    [InlineData("L-30", "01-01 03-01 05-01 07-01")]
    [InlineData("30", "01-30 03-30 04-30")]
    [InlineData("15W", "01-15 02-16 03-16 04-15 05-15 06-15 07-15 08-14")] // Sunday 15 February is nearest Monday 16, Saturday 15 August Friday 14
    [InlineData("1w", "01-01 02-02 03-02 04-01 05-01 06-01 07-01 08-03")] // 1 August is a Saturday: Monday 3 is the nearest in the month
    [InlineData("31W", "01-30 03-31 05-29 07-31 08-31 10-30 12-31")] // 31 January is a Saturday, 31 May a Sunday
    [InlineData("LW", "01-30 02-27 03-31 04-30 05-29")]
    [InlineData("L-2W", "01-29 02-26 03-30 04-28 05-29")]
    [InlineData("29W", "01-29 03-30 04-29 05-29 06-29")]
    [InlineData("15,L-1,1W,20-21", "01-01 01-15 01-20 01-21 01-30 02-02 02-15 02-20")]
    public void Days_of_the_month_count_from_its_end_and_move_to_weekdays(string field, string days) => ExpectDays($"0 0 {field} * *", days);

    [Theory]
    [InlineData("5L", "01-30 02-27 03-27 04-24")]
    [InlineData("friL", "01-30 02-27 03-27 04-24")]
    [InlineData("SaturdayL", "01-31 02-28 03-28 04-25")]
    [InlineData("0L", "01-25 02-22 03-29")]
    [InlineData("7L", "01-25 02-22 03-29")]
    [InlineData("fri#2", "01-09 02-13 03-13 04-10")]
    [InlineData("5#1,FRI#5", "01-02 01-30 02-06 03-06 04-03 05-01 05-29")]
    [InlineData("7#1", "01-04 02-01 03-01 04-05")]
    [InlineData("0#5", "03-29 05-31 08-30 11-29")]
    [InlineData("mon#1,wedL,fri-sat", "01-02 01-03 01-05 01-09 01-10")]
    public void Days_of_the_week_may_be_the_months_nth_or_last(string field, string days) => ExpectDays($"0 0 * * {field}", days);

    [Theory]
    [InlineData("0 0 13 * 5", "02-13 03-13 11-13")]
    [InlineData("0 0 8-14 * tue", "01-13 02-10 03-10")]
    [InlineData("0 0 L * friL", "07-31")]
    [InlineData("0 0 13 * *", "01-13 02-13")]
    [InlineData("0 0 ? * tue", "01-06 01-13")]
    [InlineData("0 0 */2 * sun", "01-11 01-25 02-01 02-15")]
    public void With_day_or_false_a_day_matches_when_both_day_fields_do(string expression, string days) => ExpectDays(expression, days, dayOr: false);

    [Fact]
    public void A_leap_day_on_a_Monday_is_found_years_ahead()
    {
        var schedule = CronSchedule.Parse("0 0 29 2 1", TimeZoneInfo.Utc, dayOr: false);
        Assert.Equal(At("2044-02-29T00:00Z"), schedule.Next(At("2026-01-01T00:00Z")));
        Assert.Equal(At("2112-02-29T00:00Z"), schedule.Next(At("2072-02-29T00:00Z"))); // over 2100, which is no leap year
    }

    [Theory]
    [InlineData("0 0 1-31 * 5", "01-01 01-02 01-03")] // written as a restriction, so either: every day
    [InlineData("0 0 */2 * 5", "01-01 01-02 01-03 01-05")]
    [InlineData("0 0 */1 * 5", "01-02 01-09")]
    [InlineData("0 0 *,13 * 5", "01-02 01-09")]
    [InlineData("0 0 13 * */1", "01-13 02-13")]
    public void Every_value_restricts_only_when_it_is_not_written_with_a_star(string expression, string days) => ExpectDays(expression, days);

    [Theory]
    [InlineData("0 0 1 1 *")]
    [InlineData("*/7 * * * *")]
    [InlineData("0 0 29 2 *")]
    public void Next_answers_at_both_ends_of_the_calendar(string expression)
    {
        foreach (var zone in Unusual)
        {
            var schedule = Cron(expression, zone);
            Assert.Null(schedule.Next(DateTimeOffset.MaxValue));
            Assert.NotNull(schedule.Next(DateTimeOffset.MinValue));
            var last = schedule.Next(DateTimeOffset.MaxValue.AddDays(-3));
            Assert.True(last is null || last > DateTimeOffset.MaxValue.AddDays(-3));
        }
    }

    [Fact]
    public void The_offset_of_the_question_does_not_matter()
    {
        var schedule = Cron("30 6 * * *", "America/New_York");
        Assert.Equal(At("2026-07-01T10:30:00Z"), schedule.Next(At("2026-07-01T18:00:00+09:00")));
        Assert.Equal("30 6 * * * (America/New_York)", schedule.ToString());
    }

    /// <summary>The first days in 2026.</summary>
    private static void ExpectDays(string expression, string days, bool dayOr = true)
    {
        var next = At("2025-12-31T23:59:59Z");
        foreach (var day in days.Split(' '))
        {
            next = CronSchedule.Parse(expression, TimeZoneInfo.Utc, dayOr).Next(next)!.Value;
            Assert.Equal($"2026-{day}", $"{next:yyyy-MM-dd}");
        }
    }
}
