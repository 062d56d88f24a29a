using Runner.Actors.Scheduling;
using static Runner.Actors.Tests.Scheduling.Zones;

namespace Runner.Actors.Tests.Scheduling;

public class CronRefusalTests
{
    [Theory]
    [InlineData("", "expression", "it is empty")]
    [InlineData("  \t", "expression", "it is empty")]
    [InlineData("* * * *", "expression", "has 4 fields")]
    [InlineData("0 0 * * * *", "expression", "has 6 fields")]
    [InlineData("@reboot", "expression", "'@reboot' is no macro")]
    [InlineData("60 * * * *", "minute", "'60' is not one of its values; expected a number from 0 to 59")]
    [InlineData("5,,6 * * * *", "minute", "a value is missing")]
    [InlineData("* 24 * * *", "hour", "expected a number from 0 to 23")]
    [InlineData("* -5 * * *", "hour", "a value is missing in '-5'")]
    [InlineData("* 1-2-3 * * *", "hour", "'2-3' is not one of its values in '1-2-3'")]
    [InlineData("* +5 * * *", "hour", "'+5' is not")]
    [InlineData("? * * * *", "minute", "'?' is not")]
    [InlineData("* * 0 * *", "day-of-month", "expected a number from 1 to 31")]
    [InlineData("* * L * *", "day-of-month", "'L' is not")]
    [InlineData("* * ?/2 * *", "day-of-month", "'?' is not")]
    [InlineData("* * * 13 *", "month", "expected a number from 1 to 12 or a name from jan to dec")]
    [InlineData("* * * janu *", "month", "'janu' is not")]
    [InlineData("* * * * 8", "day-of-week", "expected a number from 0 to 7 or a name from sun to sat")]
    [InlineData("* * * * mon-fry", "day-of-week", "'fry' is not one of its values in 'mon-fry'")]
    [InlineData("*/0 * * * *", "minute", "the step '0' cannot be used; expected a number from 1 to 60 after '/'")]
    [InlineData("*/ * * * *", "minute", "the step '' cannot be used")]
    [InlineData("*/5/5 * * * *", "minute", "the step '5/5' cannot be used")]
    [InlineData("* */99999999999 * * *", "hour", "cannot be used")]
    [InlineData("99999999999 * * * *", "minute", "'99999999999' is not")]
    [InlineData("0 0 31 2 *", "day-of-month", "day '31' never comes in month '2'")]
    [InlineData("0 0 30-31 feb ?", "day-of-month", "never comes")]
    [InlineData("0 0 31 2,4,6,9,11 *", "day-of-month", "never comes")]
    [InlineData("\u0661 * * * *", "minute", "is not one of its values")]
    public void What_has_no_meaning_is_refused_naming_the_field_the_fault_and_the_remedy(string expression, string field, string message)
    {
        var error = Assert.Throws<ScheduleFormatException>(() => Cron(expression));
        Assert.Equal(field, error.Field);
        Assert.StartsWith(field + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("; expected ", error.Message, StringComparison.Ordinal);

        Assert.False(CronSchedule.TryParse(expression, TimeZoneInfo.Utc, out var schedule, out var said));
        Assert.Null(schedule);
        Assert.Equal(error.Message, said);
    }

    [Fact]
    public void A_message_stays_short_and_on_one_line_whatever_was_written()
    {
        Assert.False(CronSchedule.TryParse($"{new string('x', 500)} * * * *", TimeZoneInfo.Utc, out _, out var error));
        Assert.InRange(error.Length, 1, 200);
        Assert.False(CronSchedule.TryParse("\u0001\nx * * * *", TimeZoneInfo.Utc, out _, out error));
        Assert.DoesNotContain('\n', error);
        Assert.False(CronSchedule.TryParse(new string('*', 100_000), TimeZoneInfo.Utc, out _, out error));
        Assert.Contains("longer than 1000 characters", error, StringComparison.Ordinal);
        Assert.False(CronSchedule.TryParse(null, TimeZoneInfo.Utc, out _, out error));
        Assert.Contains("it is empty", error, StringComparison.Ordinal);
    }
}
