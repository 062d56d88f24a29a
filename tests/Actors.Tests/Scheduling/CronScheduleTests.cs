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
}
