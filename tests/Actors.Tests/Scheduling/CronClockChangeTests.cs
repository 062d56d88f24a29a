using static Runner.Actors.Tests.Scheduling.Zones;

namespace Runner.Actors.Tests.Scheduling;

public class CronClockChangeTests
{
    [Theory]
    // Berlin: 02:00 becomes 03:00 on 29 March 2026.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00+01:00", "2026-03-30T12:00+02:00", "03-29 03:00+02:00,03-30 02:30+02:00")]
    [InlineData("0,15,30,45 2 * * *", "Europe/Berlin", "2026-03-29T00:00+01:00", "2026-03-29T12:00+02:00", "03-29 03:00+02:00")]
    [InlineData(
        "*/20 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00+01:00", "2026-03-29T12:00+02:00",
        "03-29 03:00+02:00,03-29 03:20+02:00,03-29 03:40+02:00")]
    [InlineData(
        "30 * * * *", "Europe/Berlin", "2026-03-29T01:00+01:00", "2026-03-29T05:00+02:00",
        "03-29 01:30+01:00,03-29 03:00+02:00,03-29 03:30+02:00,03-29 04:30+02:00")]
    [InlineData("0 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00+01:00", "2026-03-29T12:00+02:00", "03-29 03:00+02:00")]
    [InlineData("30 1 * * *", "Europe/Berlin", "2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00", "03-29 01:30+01:00")]
    // New York: 02:00 becomes 03:00 on 8 March 2026.
    [InlineData("30 2 8 3 *", "America/New_York", "2026-01-01T00:00Z", "2026-12-01T00:00Z", "03-08 03:00-04:00")]
    // Lord Howe: 02:00 becomes 02:30 on 4 October 2026.
    [InlineData("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00+10:30", "2026-10-05T12:00+11:00", "10-04 02:30+11:00,10-05 02:15+11:00")]
    [InlineData(
        "*/10 2 * * *", "Australia/Lord_Howe", "2026-10-04T00:00+10:30", "2026-10-04T12:00+11:00",
        "10-04 02:30+11:00,10-04 02:40+11:00,10-04 02:50+11:00")]
    // Apia: 30 December 2011 never came.
    [InlineData(
        "0 9 * * *", "Pacific/Apia", "2011-12-29T00:00-10:00", "2012-01-01T00:00+14:00", "12-29 09:00-10:00,12-31 00:00+14:00,12-31 09:00+14:00")]
    [InlineData("0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00Z", "2012-06-01T00:00Z", "12-31 00:00+14:00")]
    [InlineData(
        "0 */6 * * *", "Pacific/Apia", "2011-12-29T12:00-10:00", "2011-12-31T07:00+14:00", "12-29 18:00-10:00,12-31 00:00+14:00,12-31 06:00+14:00")]
    // Havana and Beirut: 00:00 becomes 01:00.
    [InlineData("0 0 * * *", "America/Havana", "2026-03-07T12:00-05:00", "2026-03-09T12:00-04:00", "03-08 01:00-04:00,03-09 00:00-04:00")]
    [InlineData("@daily", "Asia/Beirut", "2026-03-28T12:00+02:00", "2026-03-30T12:00+03:00", "03-29 01:00+03:00,03-30 00:00+03:00")]
    [InlineData("*/30 0 * * *", "Asia/Beirut", "2026-03-28T12:00+02:00", "2026-03-29T12:00+03:00", "03-29 01:00+03:00")]
    // Sao Paulo: 00:00 became 01:00 on 4 November 2018. Kathmandu: 00:00 became 00:15 on New Year's Day of 1986.
    [InlineData("15,45 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00-03:00", "2018-11-05T00:30-02:00", "11-04 01:00-02:00,11-05 00:15-02:00")]
    [InlineData("5,20 0 * * *", "Asia/Kathmandu", "1985-12-31T12:00Z", "1986-01-01T12:00Z", "01-01 00:15+05:45,01-01 00:20+05:45")]
    // Casablanca: 02:00 becomes 03:00 on 22 March 2026, after Ramadan. Troll: 01:00 becomes 03:00 on 29 March 2026.
    [InlineData("30 2 * * *", "Africa/Casablanca", "2026-03-21T12:00Z", "2026-03-23T12:00Z", "03-22 03:00+01:00,03-23 02:30+01:00")]
    [InlineData("0,30 1,2,3 * * *", "Antarctica/Troll", "2026-03-28T12:00Z", "2026-03-29T12:00Z", "03-29 03:00+02:00,03-29 03:30+02:00")]
    [InlineData("30 * * * *", "Antarctica/Troll", "2026-03-28T23:45Z", "2026-03-29T02:00Z", "03-29 00:30+00:00,03-29 03:00+02:00,03-29 03:30+02:00")]
    // Seconds, up to the last before the gap's end.
    [InlineData("59 59 2 * * *", "Europe/Berlin", "2026-03-29T00:00+01:00", "2026-03-29T12:00+02:00", "03-29 03:00+02:00")]
    [InlineData(
        "*/30 59 1-2 * * *", "Europe/Berlin", "2026-03-29T00:00+01:00", "2026-03-29T12:00+02:00",
        "03-29 01:59+01:00,03-29 01:59+01:00,03-29 03:00+02:00")]
    // Dublin went back to winter time in 1971, for the first time as the exception; in 1972 02:00 became 03:00.
    [InlineData("30 2 * * *", "Europe/Dublin", "1972-03-18T12:00Z", "1972-03-20T12:00Z", "03-19 03:00+01:00,03-20 02:30+01:00")]
    // Dublin: winter is the exception there; 01:00 becomes 02:00 on 29 March 2026.
    [InlineData("30 1 * * *", "Europe/Dublin", "2026-03-28T12:00Z", "2026-03-30T12:00Z", "03-29 02:00+01:00,03-30 01:30+01:00")]
    public void B33_times_in_the_gap_run_once_at_its_end(string expression, string zone, string after, string before, string expected) =>
        Assert.Equal(expected.Split(','), Between(Cron(expression, zone), zone, after, before));

    [Theory]
    // Berlin: 03:00 becomes 02:00 on 25 October 2026.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00+02:00", "2026-10-26T12:00+01:00", "10-25 02:30+02:00,10-26 02:30+01:00")]
    [InlineData(
        "0,30 2,3 * * *", "Europe/Berlin", "2026-10-25T00:00+02:00", "2026-10-25T12:00+01:00",
        "10-25 02:00+02:00,10-25 02:30+02:00,10-25 03:00+01:00,10-25 03:30+01:00")]
    // New York: 02:00 becomes 01:00 on 1 November 2026.
    [InlineData("0 1 * * *", "America/New_York", "2026-10-31T12:00-04:00", "2026-11-02T12:00-05:00", "11-01 01:00-04:00,11-02 01:00-05:00")]
    // Lord Howe: 02:00 becomes 01:30 on 5 April 2026.
    [InlineData("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00+11:00", "2026-04-06T12:00+10:30", "04-05 01:45+11:00,04-06 01:45+10:30")]
    // Havana: 01:00 becomes 00:00; Beirut: 00:00 becomes 23:00 of the day before.
    [InlineData("0 0 * * *", "America/Havana", "2026-10-31T12:00-04:00", "2026-11-02T12:00-05:00", "11-01 00:00-04:00,11-02 00:00-05:00")]
    [InlineData("30 23 * * *", "Asia/Beirut", "2026-10-24T12:00+03:00", "2026-10-26T12:00+02:00", "10-24 23:30+03:00,10-25 23:30+02:00")]
    [InlineData("0 0 * * *", "Asia/Beirut", "2026-10-24T12:00+03:00", "2026-10-26T12:00+02:00", "10-25 00:00+02:00,10-26 00:00+02:00")]
    [InlineData("30 1 * * *", "Europe/Dublin", "2026-10-24T12:00Z", "2026-10-26T12:00Z", "10-25 01:30+01:00,10-26 01:30+00:00")]
    [InlineData("30 2 * * *", "Europe/Dublin", "1971-10-30T12:00Z", "1971-11-01T12:00Z", "10-31 02:30+01:00,11-01 02:30+00:00")]
    // Troll: 03:00 becomes 01:00. Casablanca: 03:00 becomes 02:00 for Ramadan. Sao Paulo: 00:00 became 23:00 of the day before.
    [InlineData("30 1,2 * * *", "Antarctica/Troll", "2026-10-24T12:00Z", "2026-10-25T12:00Z", "10-25 01:30+02:00,10-25 02:30+02:00")]
    [InlineData("15 2 * * *", "Africa/Casablanca", "2026-02-14T12:00Z", "2026-02-16T12:00Z", "02-15 02:15+01:00,02-16 02:15+00:00")]
    [InlineData("59 59 23 * * *", "America/Sao_Paulo", "2018-02-17T12:00Z", "2018-02-18T12:00Z", "02-17 23:59-02:00")]
    public void B33_a_fixed_time_in_a_repeated_hour_runs_in_its_first_pass(
        string expression, string zone, string after, string before, string expected) =>
            Assert.Equal(expected.Split(','), Between(Cron(expression, zone), zone, after, before));

    [Theory]
    [InlineData(
        "*/30 2 * * *", "Europe/Berlin", "2026-10-25T00:00+02:00", "2026-10-25T12:00+01:00",
        "10-25 02:00+02:00,10-25 02:30+02:00,10-25 02:00+01:00,10-25 02:30+01:00")]
    [InlineData(
        "30 * * * *", "Europe/Berlin", "2026-10-25T02:00+02:00", "2026-10-25T04:00+01:00", "10-25 02:30+02:00,10-25 02:30+01:00,10-25 03:30+01:00")]
    [InlineData(
        "0 1-2 * * *", "America/New_York", "2026-10-31T12:00-04:00", "2026-11-01T12:00-05:00",
        "11-01 01:00-04:00,11-01 01:00-05:00,11-01 02:00-05:00")]
    [InlineData(
        "*/15 1 * * *", "Australia/Lord_Howe", "2026-04-05T00:00+11:00", "2026-04-05T12:00+10:30",
        "04-05 01:00+11:00,04-05 01:15+11:00,04-05 01:30+11:00,04-05 01:45+11:00,04-05 01:30+10:30,04-05 01:45+10:30")]
    [InlineData(
        "*/30 0 * * *", "America/Havana", "2026-10-31T12:00-04:00", "2026-11-01T12:00-05:00",
        "11-01 00:00-04:00,11-01 00:30-04:00,11-01 00:00-05:00,11-01 00:30-05:00")]
    [InlineData(
        "*/30 23 24 10 *", "Asia/Beirut", "2026-10-01T12:00+03:00", "2027-10-01T12:00+03:00",
        "10-24 23:00+03:00,10-24 23:30+03:00,10-24 23:00+02:00,10-24 23:30+02:00")]
    public void B33_a_recurring_pattern_runs_in_both_passes_of_a_repeated_hour(
        string expression, string zone, string after, string before, string expected) =>
            Assert.Equal(expected.Split(','), Between(Cron(expression, zone), zone, after, before));

    [Fact]
    public void A_fixed_time_asked_for_in_the_second_pass_is_over_for_the_day() =>
        Assert.Equal(At("2026-10-26T02:45+01:00"), Cron("45 2 * * *", "Europe/Berlin").Next(At("2026-10-25T02:10+01:00")));

    [Theory]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-29T03:00+02:00", true)]
    [InlineData("30 2,3 * * *", "Europe/Berlin", "2026-03-29T03:00+02:00", true)]
    [InlineData("0 2,3 * * *", "Europe/Berlin", "2026-03-29T03:00+02:00", false)] // due there anyway
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-25T02:30+02:00", false)]
    [InlineData("*/30 * * * *", "Europe/Berlin", "2026-10-25T02:30+01:00", false)]
    [InlineData("0 9 30 12 *", "Pacific/Apia", "2011-12-31T00:00+14:00", true)]
    [InlineData("0 0 * * *", "Asia/Beirut", "2026-03-29T01:00+03:00", true)]
    [InlineData("*/10 0 2 * * *", "Australia/Lord_Howe", "2026-10-04T02:30+11:00", true)]
    public void An_occurrence_says_whether_a_clock_change_moved_it(string expression, string zone, string at, bool moved)
    {
        var schedule = Cron(expression, zone);
        Assert.Equal(At(at), schedule.Next(At(at).AddSeconds(-1)));
        Assert.Equal(moved, schedule.IsMoved(At(at)));
    }
}
