using Runner.Actors.Scheduling;

namespace Runner.Actors.Tests.Scheduling;

public sealed class RememberingScheduleTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void It_asks_once_for_all_instants_before_the_occurrence_it_knows_of()
    {
        var counted = new CountedSchedule(new IntervalSchedule(TimeSpan.FromHours(1), DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc));
        var remembering = new RememberingSchedule(counted);

        Assert.Equal(
            [Start.AddHours(1), Start.AddHours(1), Start.AddHours(1)], new[] { 0, 0, 59 }.Select(m => remembering.Next(Start.AddMinutes(m))));
        Assert.Equal(1, counted.Asked);

        Assert.Equal([Start.AddHours(2), Start], new[] { 60, -1 }.Select(m => remembering.Next(Start.AddMinutes(m))));
        Assert.Equal(3, counted.Asked);
    }

    [Fact]
    public void A_schedule_that_has_ended_is_remembered_as_ended()
    {
        var counted = new CountedSchedule(
            new EndingSchedule(new IntervalSchedule(TimeSpan.FromHours(1), DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc), Start));
        var remembering = new RememberingSchedule(counted);

        Assert.Equal([null, null], new[] { 0, 60 }.Select(m => remembering.Next(Start.AddMinutes(m))));
        Assert.Equal(1, counted.Asked);
        Assert.Equal(Start, remembering.Next(Start.AddMinutes(-1)));
    }
}
