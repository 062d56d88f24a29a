using Runner.Actors.Scheduling;
using static Runner.Actors.Tests.Scheduling.Zones;

namespace Runner.Actors.Tests.Scheduling;

public class RecurrenceScheduleTests
{
    [Theory]
    [InlineData("DTSTART;TZID=America/New_York:20260101T090000\nRRULE:FREQ=DAILY", "2026-01-01T14:00:00Z")]
    [InlineData("dtstart;tzid=\"America/New_York\";X-A=b:20260101t090000\r\nrrule:freq=daily;byhour=9\r\n", "2026-01-01T14:00:00Z")]
    [InlineData("DTSTART:20260101T090000Z\nFREQ=DAILY", "2026-01-01T09:00:00Z")]
    [InlineData("DTSTART:20260101T090000\nFREQ=DAILY", "2026-01-01T08:00:00Z")]
    [InlineData("DTSTART;VALUE=DATE:20260101\nFREQ=DAILY", "2025-12-31T23:00:00Z")]
    [InlineData("DTSTART:20260101\nFREQ=DAILY", "2025-12-31T23:00:00Z")]
    [InlineData("DTSTART;TZID=America/New_York:2026010\n 1T090000\nRRULE:FREQ=DA\n\tILY", "2026-01-01T14:00:00Z")]
    [InlineData("  \nRRULE:FREQ=DAILY;BYHOUR=9\nDTSTART:20260101T000060\n\n", "2026-01-01T08:00:59Z")]
    public void Lines_are_read_in_any_case_order_and_fold(string text, string first) =>
        Assert.Equal(At(first), Read(text).Next(At("2025-12-31T12:00:00Z")));

    [Fact]
    public void Without_DTSTART_a_rule_begins_in_1970_in_the_schedules_zone()
    {
        var schedule = Read("FREQ=DAILY;INTERVAL=10");
        Assert.Equal(At("1969-12-31T23:00:00Z"), schedule.Next(DateTimeOffset.MinValue));
        Assert.Equal(At("1970-01-10T23:00:00Z"), schedule.Next(At("1970-01-01T00:00:00Z")));
        Assert.Equal("Europe/Berlin", schedule.Zone.Id);
    }

    [Fact]
    public void DTSTART_decides_the_zone_and_counts_only_if_it_matches()
    {
        var schedule = Read("DTSTART;TZID=Asia/Tokyo:20260101T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=1");
        Assert.Equal("Asia/Tokyo", schedule.Zone.Id);
        Assert.Equal(At("2026-01-05T09:00:00+09:00"), schedule.Next(DateTimeOffset.MinValue));
        Assert.Null(schedule.Next(At("2026-01-05T09:00:00+09:00")));
        Assert.Equal("UTC", Read("DTSTART:20260101T090000Z\nRRULE:FREQ=DAILY").Zone.Id);
    }

    [Fact]
    public void Without_a_rule_DTSTART_and_the_RDATEs_are_the_occurrences() => Assert.Equal(
        ["01-01 09:00+01:00", "01-02 00:00+01:00", "01-02 10:00+01:00", "01-03 15:00+01:00", "01-04 09:00+01:00"],
        Between(
            Read("DTSTART:20260101T090000\nRDATE;VALUE=DATE:20260102\nRDATE;TZID=America/New_York:20260103T090000\nRDATE:20260102T100000,"
                + "20260101T090000\nRDATE;VALUE=PERIOD:20260104T080000Z/PT1H"),
            "Europe/Berlin", "2025-12-31T00:00:00Z", "2027-01-01T00:00:00Z"));

    [Fact]
    public void Rules_are_united_and_what_EXDATE_and_EXRULE_say_is_taken_out() => Assert.Equal(
        ["01-01 09:00+01:00", "01-02 09:00+01:00", "01-02 10:00+01:00", "01-04 10:00+01:00"],
        Between(
            Read("DTSTART:20260101T090000\nRRULE:FREQ=DAILY;COUNT=5\nRRULE:FREQ=DAILY;INTERVAL=2;BYHOUR=9,10;COUNT=3\nRDATE:20260102T100000,"
                + "20260104T100000,20260101T090000\nEXDATE:20260101T100000\nEXDATE;VALUE=DATE:20260103\nEXRULE:FREQ=WEEKLY;BYDAY=SU,MO;"
                + "UNTIL=20260106"),
            "Europe/Berlin", "2025-12-31T00:00:00Z", "2027-01-01T00:00:00Z"));

    [Fact]
    public void A_period_may_end_with_a_time_or_a_duration_of_any_form() => Assert.Equal(
        7, Between(
            Read("RDATE;VALUE=PERIOD:20260101T000000Z/20260101T010000Z,20260102T000000/P1W,20260103T000000/P1D,20260104T000000/+P1DT2H3M4S,"
                + "20260105T000000/pt30m,20260106T000000/PT5S,20260107T000000/PT1H5M"),
            "Europe/Berlin", "2025-12-31T00:00:00Z", "2027-01-01T00:00:00Z").Count);

    // Each of its answers takes most of the steps that there are for one.
    [Fact]
    public void What_is_taken_out_does_not_make_a_rule_that_seldom_occurs_be_searched_again()
    {
        const string Seldom = "DTSTART:20260101T090000Z\nRRULE:FREQ=SECONDLY;INTERVAL=86399;BYHOUR=3;BYMINUTE=3;BYSECOND=3\n";
        var seldom = Read(Seldom).Next(At("2100-01-01T00:00:00Z"));
        Assert.True(seldom > At("2300-01-01T00:00:00Z"));
        var often = Read(Seldom + "RRULE:FREQ=DAILY\nEXDATE:20990101,20990102,20990103,20990104,20990105");
        Assert.Equal(At("2099-01-06T09:00:00Z"), often.Next(At("2098-12-31T09:00:00Z")));
    }

    [Fact]
    public void COUNT_counts_before_exclusions_and_UNTIL_includes_its_time()
    {
        Assert.Equal(
            ["01-02 09:00+01:00", "01-03 09:00+01:00"],
            Between(
                Read("DTSTART:20260101T090000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20260101T090000"), "Europe/Berlin", "2025-12-31T00:00:00Z",
                "2027-01-01T00:00:00Z"));
        foreach (var (until, count) in
            new[] { ("20260103T080000Z", 3), ("20260103T075959Z", 2), ("20260103T090000", 3), ("20260103T085959", 2), ("20260103", 2) })
        {
            Assert.Equal(count, Between(
                Read($"DTSTART:20260101T090000\nRRULE:FREQ=DAILY;UNTIL={until}"), "Europe/Berlin", "2025-12-31T00:00:00Z",
                "2027-01-01T00:00:00Z").Count);
        }
    }

    [Fact]
    public void A_time_that_clocks_skip_is_left_out_and_not_counted() => Assert.Equal(
        ["03-28 02:30+01:00", "03-30 02:30+02:00", "03-31 02:30+02:00"],
        Between(Read("DTSTART:20260328T023000\nRRULE:FREQ=DAILY;COUNT=3"), "Europe/Berlin", "2026-03-01T00:00:00Z", "2027-01-01T00:00:00Z"));

    [Fact]
    public void A_day_that_clocks_skip_is_left_out_and_not_counted() => Assert.Equal(
        ["12-29 09:00-10:00", "12-31 09:00+14:00", "01-01 09:00+14:00"],
        Between(
            Read("DTSTART;TZID=Pacific/Apia:20111229T090000\nRRULE:FREQ=DAILY;COUNT=3"), "Pacific/Apia", "2011-12-01T00:00:00Z",
            "2027-01-01T00:00:00Z"));

    [Fact]
    public void A_repeated_time_occurs_the_first_time_for_sub_daily_rules_too()
    {
        Assert.Equal(
            ["10-25 01:30+02:00", "10-25 02:00+02:00", "10-25 02:30+02:00", "10-25 03:00+01:00"],
            Between(
                Read("DTSTART:20261025T000000\nRRULE:FREQ=MINUTELY;INTERVAL=30"), "Europe/Berlin", "2026-10-24T23:00:00Z", "2026-10-25T02:30:00Z"));
        Assert.Equal(
            ["03-29 01:00+01:00", "03-29 03:00+02:00", "03-29 04:00+02:00"],
            Between(Read("DTSTART:20260329T000000\nRRULE:FREQ=HOURLY"), "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T02:30:00Z"));
    }

    [Fact]
    public void A_written_date_in_a_gap_goes_by_the_offset_before_it() => Assert.Equal(
        ["03-08 01:00-05:00", "03-08 03:30-04:00"],
        Between(
            Read("DTSTART;TZID=America/New_York:20260308T010000\nRDATE;TZID=America/New_York:20260308T023000"), "America/New_York",
            "2026-03-01T00:00:00Z", "2027-01-01T00:00:00Z"));

    [Fact]
    public void Positions_do_not_count_times_that_clocks_skip() => Assert.Equal(
        ["03-28 02:00+01:00", "03-29 03:00+02:00", "03-30 02:00+02:00"],
        Between(
            Read("DTSTART:20260328T000000\nRRULE:FREQ=DAILY;BYHOUR=2,3,4;BYSETPOS=1;COUNT=3"), "Europe/Berlin", "2026-03-01T00:00:00Z",
            "2027-01-01T00:00:00Z"));

    [Fact]
    public void A_leap_second_is_the_second_before_it() => Assert.Equal(
        At("2026-01-01T00:00:59Z"), Read("DTSTART:20260101T000000Z\nRRULE:FREQ=MINUTELY;BYSECOND=60").Next(At("2026-01-01T00:00:00Z")));

    [Fact]
    public void A_search_that_is_given_up_later_says_so()
    {
        static string To(int last) => string.Join(',', Enumerable.Range(1, last));
        var schedule = Read(
            $"DTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY;BYSECOND={To(59)}\nEXRULE:FREQ=MINUTELY;BYMINUTE={To(59)}\n"
            + $"EXRULE:FREQ=HOURLY;BYHOUR={To(23)}\nEXRULE:FREQ=MONTHLY;BYMONTHDAY=2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,"
            + "26,27,28,29,30,31");
        Assert.Equal(At("2026-01-01T00:00:00Z"), schedule.Next(At("2025-01-01T00:00:00Z")));
        Assert.False(schedule.TryNext(At("2026-01-01T00:00:00Z"), out var next, out var problem));
        Assert.Null(next);
        Assert.Null(schedule.Next(At("2026-01-01T00:00:00Z")));
        Assert.Equal(
            "rrule: the search for the next occurrence after 2026-01-01T00:00:00Z was given up after 1000000 steps; "
            + "use a rule that occurs more often, or give it an UNTIL", problem);
    }

    [Fact]
    public void A_long_run_of_excluded_times_is_skipped_at_once() => Assert.Equal(
        At("2026-01-01T23:59:59Z"),
        Read("DTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22\n"
            + "EXRULE:FREQ=MINUTELY;BYHOUR=23;BYSECOND=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,"
            + "34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58;UNTIL=20260101\nEXRULE:FREQ=HOURLY;BYHOUR=23;BYMINUTE=0,1,"
            + "2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,"
            + "49,50,51,52,53,54,55,56,57,58;BYSECOND=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,"
            + "35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59\nEXRULE:FREQ=SECONDLY;BYHOUR=23;BYMINUTE=59;BYSECOND=0,1,2,"
            + "3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,"
            + "50,51,52,53,54,55,56,57,58").Next(DateTimeOffset.MinValue));

    [Theory]
    [InlineData("FREQ=DAILY;COUNT=2147483647", "9999-12-30T23:00:00Z")]
    [InlineData("DTSTART:20000101T023000\nFREQ=DAILY;COUNT=1000000", "4745-06-04T00:30:00Z")]
    [InlineData("FREQ=SECONDLY;COUNT=2147483647", "2038-01-21T12:14:06Z")]
    [InlineData("DTSTART:20000101T000000Z\nFREQ=MINUTELY;COUNT=1000000000", "3901-04-29T10:39:00Z")]
    public void A_large_COUNT_is_counted_by_days(string text, string last)
    {
        var schedule = Read(text);
        Assert.Equal(At(last), schedule.Next(At(last).AddTicks(-1)));
        Assert.Null(schedule.Next(At(last)));
    }

    [Fact]
    public void It_shows_as_it_was_written()
    {
        const string Text = "dtstart:20260101T090000\r\nRRULE:FREQ=DAILY\r\n";
        Assert.Equal(Text, Read(Text).ToString());
        Assert.False(Read(Text).IsMoved(At("2026-01-01T09:00:00Z")));
    }

    /// <summary>In a schedule whose zone is Berlin.</summary>
    private static RecurrenceSchedule Read(string text)
    {
        Assert.True(RecurrenceSchedule.TryParse(text, Zone("Europe/Berlin"), out var schedule, out var error), error);
        Assert.Null(error);
        return schedule;
    }

    [Theory]
    [InlineData("FREQ=DAILY;BYHOUR=9;")]
    [InlineData("FREQ=DAILY;BYHOUR=9; ")]
    [InlineData("RRULE:FREQ=DAILY;BYHOUR=9;\nEXRULE:FREQ=WEEKLY;")]
    public void B84_a_semicolon_at_the_end_of_a_rule_as_calendars_write_it_is_accepted(string text) =>
        Assert.Equal(8, Read(text).Next(new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero))!.Value.Hour);
}
