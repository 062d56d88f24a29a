using Runner.Actors.Scheduling;
using static Runner.Actors.Tests.Scheduling.Zones;

namespace Runner.Actors.Tests.Scheduling;

public class CronRefusalTests
{
    [Theory]
    [InlineData("", "expression", "it is empty")]
    [InlineData("  \t", "expression", "it is empty")]
    [InlineData("nonsense", "expression", "has 1 field;")]
    [InlineData("* * * *", "expression", "has 4 fields")]
    [InlineData(
        "0 0 0 * * * *", "expression",
        "has 7 fields; expected five fields: minute hour day-of-month month day-of-week, or six with the second before them")]
    [InlineData("@reboot", "expression", "'@reboot' is no macro")]
    [InlineData("TZ=America/Denver 0 14 * * *", "expression", "'TZ=America/Denver' is a zone, which does not stand in it; "
        + "expected the zone in the schedule's own field 'timezone', and here the expression alone")]
    [InlineData("CRON_TZ=UTC 0 14 * * *", "expression", "'CRON_TZ=UTC' is a zone")]
    [InlineData("0 14 * * * tz=Europe/Berlin", "expression", "'tz=Europe/Berlin' is a zone")]
    [InlineData("CRON_TZ=UTC @daily", "expression", "'CRON_TZ=UTC' is a zone")]
    [InlineData("60 * * * *", "minute", "'60' is not one of its values; expected a number from 0 to 59")]
    [InlineData("5,,6 * * * *", "minute", "a value is missing")]
    [InlineData("* 24 * * *", "hour", "expected a number from 0 to 23")]
    [InlineData("* -5 * * *", "hour", "a value is missing in '-5'")]
    [InlineData("* 1-2-3 * * *", "hour", "'2-3' is not one of its values in '1-2-3'")]
    [InlineData("* +5 * * *", "hour", "'+5' is not")]
    [InlineData("? * * * *", "minute", "'?' is not")]
    [InlineData("* * 0 * *", "day-of-month", "expected a number from 1 to 31")]
    [InlineData("60 * * * * *", "second", "'60' is not one of its values; expected a number from 0 to 59")]
    [InlineData("? * * * * *", "second", "'?' is not")]
    [InlineData("*/61 * * * * *", "second", "the step '61' cannot be used; expected a number from 1 to 60")]
    [InlineData("0 0 24 * * *", "hour", "'24' is not")]
    [InlineData("* L * * *", "hour", "'L' is not")]
    [InlineData("* * * L *", "month", "'L' is not")]
    [InlineData("* * * 6#3 *", "month", "'6#3' is not")]
    [InlineData("* * L-31 * *", "day-of-month", "'L-31' is not one of its values; expected a number from 1 to 31, or L, L-3 (to L-30), LW, 15W")]
    [InlineData("* * L- * *", "day-of-month", "'L-' is not")]
    [InlineData("* * LW-3 * *", "day-of-month", "'LW-3' is not")]
    [InlineData("* * L/2 * *", "day-of-month", "'L/2' is not")]
    [InlineData("* * 15-L * *", "day-of-month", "'L' is not one of its values in '15-L'")]
    [InlineData("* * W * *", "day-of-month", "'W' is not")]
    [InlineData("* * 32W * *", "day-of-month", "'32' is not one of its values in '32W'")]
    [InlineData("* * 1-15W * *", "day-of-month", "'1-15' is not one of its values in '1-15W'")]
    [InlineData("* * fri * *", "day-of-month", "'fri' is not")]
    [InlineData("* * 5L * *", "day-of-month", "'5L' is not")]
    [InlineData("* * * * 8L", "day-of-week", "'8' is not one of its values in '8L'; "
        + "expected a number from 0 to 7 or a name from sun to sat, with L (friL) for the month's last or #2 (fri#2) for its second")]
    [InlineData("* * * * fryL", "day-of-week", "'fry' is not one of its values in 'fryL'")]
    [InlineData("* * * * L5", "day-of-week", "'L5' is not")]
    [InlineData("* * * * L-2", "day-of-week", "'L' is not one of its values in 'L-2'")]
    [InlineData("* * * * LW", "day-of-week", "'LW' is not")]
    [InlineData("* * * * fry#2", "day-of-week", "'fry' is not one of its values in 'fry#2'")]
    [InlineData("* * * * #2", "day-of-week", "a value is missing in '#2'")]
    [InlineData("* * * * fri#", "day-of-week", "the week '' cannot be used")]
    [InlineData("* * * * fri#0", "day-of-week", "the week '0' cannot be used; expected a number from 1 to 5 after '#'")]
    [InlineData("* * * * fri#6", "day-of-week", "the week '6' cannot be used")]
    [InlineData("* * * * mon-fri#2", "day-of-week", "'mon-fri' is not one of its values in 'mon-fri#2'")]
    [InlineData("* * * * fri#2L", "day-of-week", "the week '2L' cannot be used")]
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
    [InlineData("0 0 0 31 2 ?", "day-of-month", "day '31' never comes in month '2'")]
    [InlineData("0 0 30W 2 *", "day-of-month", "day '30W' never comes in month '2'")]
    [InlineData("0 0 L-29 feb *", "day-of-month", "day 'L-29' never comes in month 'feb'")]
    [InlineData("0 0 L-30 4,6,9,11 *", "day-of-month", "never comes")]
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

    [Theory]
    [InlineData("0 0 29 2 fri#1", "day-of-week", "'fri#1' never falls on day '29' of month '2'; expected a weekday that such a day has in some year")]
    [InlineData("0 0 1 * fri#3", "day-of-week", "'fri#3' never falls on day '1' of month '*'")]
    [InlineData("0 0 8-31 * 0#1,1#1,2#1", "day-of-week", "never falls")]
    [InlineData("0 0 15W * sat,sun", "day-of-week", "'sat,sun' never falls on day '15W'")]
    [InlineData("0 0 LW 3 7L", "day-of-week", "'7L' never falls")]
    [InlineData("0 0 1-21 * friL", "day-of-week", "'friL' never falls on day '1-21'")]
    [InlineData("0 0 31 2 mon", "day-of-month", "day '31' never comes in month '2'")]
    public void Days_that_never_come_together_are_refused_when_both_must_match(string expression, string field, string message)
    {
        Assert.False(CronSchedule.TryParse(expression, TimeZoneInfo.Utc, out _, out var error, dayOr: false));
        Assert.StartsWith(field + ": ", error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.True(CronSchedule.TryParse(expression, TimeZoneInfo.Utc, out _, out _));
    }

    [Theory]
    [InlineData("0 0 29 2 1")]
    [InlineData("0 0 29 2 fri#5")]
    [InlineData("0 0 L 2 sunL")]
    [InlineData("0 0 22 2 sat#4")]
    [InlineData("0 0 L-30 * fri#1")]
    [InlineData("0 0 3 * mon#1")]
    [InlineData("0 0 1W * 3#1")]
    public void Days_that_seldom_come_together_are_accepted(string expression) =>
        Assert.NotNull(CronSchedule.Parse(expression, TimeZoneInfo.Utc, dayOr: false).Next(At("2097-01-01T00:00Z")));

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
