using System.Globalization;
using Runner.Actors.Scheduling;
using static Runner.Actors.Tests.Scheduling.Zones;

namespace Runner.Actors.Tests.Scheduling;

public class IntervalScheduleTests
{
    private static IntervalSchedule Every(string interval, string anchor, string zone = "UTC") =>
        new(Span(interval), At(anchor), Zone(zone));

    private static TimeSpan Span(string text) => TimeSpan.Parse(text, CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("00:10", "2026-01-01T00:03Z", "2026-03-10T12:00Z", "2026-03-10T12:03Z")]
    [InlineData("00:10", "2026-01-01T00:03Z", "2026-03-10T12:03Z", "2026-03-10T12:13Z")]
    [InlineData("00:10", "2026-01-01T00:03Z", "2026-03-10T12:02:59.9999999Z", "2026-03-10T12:03Z")]
    [InlineData("00:10", "2030-01-01T00:03Z", "2026-03-10T12:03Z", "2026-03-10T12:13Z")] // before the anchor, too
    [InlineData("00:10", "2026-01-01T00:03Z", "2026-01-01T00:02Z", "2026-01-01T00:03Z")]
    [InlineData("1.12:00", "2026-01-01T00:00Z", "2026-01-01T00:00Z", "2026-01-02T12:00Z")]
    [InlineData("00:00:00.1", "2026-01-01T00:00Z", "2026-03-10T12:00:00.05Z", "2026-03-10T12:00:00.1Z")]
    [InlineData("7.00:00", "2026-01-05T09:00Z", "2026-03-10T12:00Z", "2026-03-16T09:00Z")]
    [InlineData("7.00:00", "2036-01-07T09:00Z", "2026-03-10T12:00Z", "2026-03-16T09:00Z")]
    public void Occurrences_are_the_anchor_and_whole_intervals_from_it_in_both_directions(
        string interval, string anchor, string after, string next) =>
            Assert.Equal(At(next), Every(interval, anchor).Next(At(after)));

    [Theory]
    [InlineData(
        "1.00:00", "2026-01-01T02:30+01:00", "Europe/Berlin", "2026-03-28T00:00Z", "2026-03-30T12:00Z",
        "03-28 02:30+01:00,03-29 03:00+02:00,03-30 02:30+02:00")]
    [InlineData(
        "1.00:00", "2026-01-01T02:30+01:00", "Europe/Berlin", "2026-10-24T00:00+02:00", "2026-10-26T12:00Z",
        "10-24 02:30+02:00,10-25 02:30+02:00,10-26 02:30+01:00")]
    [InlineData(
        "2.00:00", "2026-07-01T09:00+02:00", "Europe/Berlin", "2026-03-26T12:00Z", "2026-03-31T12:00Z",
        "03-27 09:00+01:00,03-29 09:00+02:00,03-31 09:00+02:00")]
    [InlineData(
        "1.00:00", "2011-12-01T09:00-10:00", "Pacific/Apia", "2011-12-29T00:00-10:00", "2012-01-01T00:00+14:00",
        "12-29 09:00-10:00,12-31 00:00+14:00,12-31 09:00+14:00")]
    [InlineData(
        "1.00:00", "2026-03-01T00:00-05:00", "America/Havana", "2026-03-07T12:00-05:00", "2026-03-09T12:00-04:00",
        "03-08 01:00-04:00,03-09 00:00-04:00")]
    [InlineData(
        "1.00:00", "2026-10-01T02:15+10:30", "Australia/Lord_Howe", "2026-10-03T12:00+10:30", "2026-10-05T12:00+11:00",
        "10-04 02:30+11:00,10-05 02:15+11:00")]
    public void B33_whole_days_keep_the_wall_clock_time_across_clock_changes(
        string interval, string anchor, string zone, string after, string before, string expected) =>
            Assert.Equal(expected.Split(','), Between(Every(interval, anchor, zone), zone, after, before));

    [Theory]
    [InlineData("2026-10-25T02:30+01:00", "10-24 02:30+02:00,10-25 02:30+01:00,10-26 02:30+01:00")] // the second pass, so that day in the second
    [InlineData("2026-10-25T02:30+02:00", "10-24 02:30+02:00,10-25 02:30+02:00,10-26 02:30+01:00")]
    [InlineData("2025-10-26T02:30+01:00", "10-24 02:30+02:00,10-25 02:30+02:00,10-26 02:30+01:00")] // of another year, so the first
    public void An_anchor_in_a_repeated_hour_is_an_occurrence_itself(string anchor, string expected) =>
        Assert.Equal(
            expected.Split(','), Between(Every("1.00:00", anchor, "Europe/Berlin"), "Europe/Berlin", "2026-10-23T12:00Z", "2026-10-26T12:00Z"));

    [Theory]
    [InlineData("Pacific/Apia", "2011-12-30T00:00+14:00", "2011-12-31T00:00+14:00")] // the missing day's times meet the next day's midnight
    [InlineData("Europe/Berlin", "2026-03-28T02:00+01:00", "2026-03-29T03:00+02:00")]
    public void A_time_in_a_gap_is_marked_as_moved_unless_the_gaps_end_is_due_itself(string zone, string anchor, string at)
    {
        var due = Every("1.00:00", anchor, zone).Next(At(at).AddTicks(-1))!.Value;
        Assert.Equal(At(at), due);
        Assert.Equal(zone == "Europe/Berlin", Every("1.00:00", anchor, zone).IsMoved(due));
        Assert.False(Every("1.00:00", anchor, zone).IsMoved(At(anchor)));
        Assert.False(Every("01:00", anchor, zone).IsMoved(At(at)));
    }

    [Theory]
    [InlineData("1.12:00", "0001-01-01T00:00Z", "0001-01-02T12:00Z")]
    [InlineData("7.00:00", "9999-12-31T00:00Z", "0001-01-01T00:00:00.0000001Z")]
    public void Counting_reaches_both_ends_of_the_calendar(string interval, string anchor, string first)
    {
        var schedule = Every(interval, anchor);
        var next = schedule.Next(DateTimeOffset.MinValue)!.Value;
        Assert.True(next >= At(first));
        Assert.Equal(0, (next - At(anchor)).Ticks % Span(interval).Ticks);
        var last = schedule.Next(DateTimeOffset.MaxValue - Span(interval))!.Value;
        Assert.Equal(0, (last - At(anchor)).Ticks % Span(interval).Ticks);
        Assert.Null(schedule.Next(last));
    }

    [Theory]
    [InlineData("00:07")]
    [InlineData("3.00:00")]
    public void B30_a_schedule_made_again_keeps_to_its_anchor_whenever_it_is_asked(string interval)
    {
        const string anchor = "2026-01-01T06:03+01:00";
        var paused = Every(interval, anchor, "Europe/Berlin").Next(At("2026-02-01T11:11Z"))!.Value;
        var resumed = Every(interval, anchor, "Europe/Berlin").Next(At("2026-02-20T23:59Z"))!.Value;
        Assert.Equal(0, (paused - At(anchor)).Ticks % Span(interval).Ticks);
        Assert.Equal(0, (resumed - At(anchor)).Ticks % Span(interval).Ticks);
    }

    [Fact]
    public void Less_than_a_day_is_elapsed_time_across_clock_changes() =>
        Assert.Equal(
            ["03-28 18:00+01:00", "03-29 07:00+02:00", "03-29 19:00+02:00"],
            Between(Every("12:00", "2026-03-01T06:00+01:00", "Europe/Berlin"), "Europe/Berlin", "2026-03-28T12:00+01:00", "2026-03-30T00:00+02:00"));

    [Theory]
    [InlineData("00:00:00.0999999", "short")]
    [InlineData("00:00:00", "short")]
    [InlineData("-01:00:00", "short")]
    [InlineData("3653.00:00:00.0000001", "long")]
    public void An_interval_out_of_range_is_refused_with_the_range(string interval, string complaint)
    {
        var error = Assert.Throws<ScheduleFormatException>(() => Every(interval, "2026-01-01T00:00Z"));
        Assert.Equal("interval", error.Field);
        Assert.Contains($"is too {complaint}; expected from 100 milliseconds to 3653 days", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00:00:00.1")]
    [InlineData("1.00:00")]
    [InlineData("3653.00:00")]
    public void Next_answers_at_both_ends_of_the_calendar(string interval)
    {
        foreach (var zone in Unusual)
        {
            foreach (var anchor in new[] { DateTimeOffset.MinValue, DateTimeOffset.MaxValue, At("2026-01-01T00:00Z") })
            {
                var schedule = new IntervalSchedule(Span(interval), anchor, Zone(zone));
                Assert.Null(schedule.Next(DateTimeOffset.MaxValue));
                Assert.True(schedule.Next(DateTimeOffset.MinValue) > DateTimeOffset.MinValue);
            }
        }
    }
}
