using Runner.Actors.Scheduling;
using Runner.Messages.Deployments;
using static Runner.Actors.Tests.Scheduling.Zones;

namespace Runner.Actors.Tests.Scheduling;

/// <summary>Catching up with all that was missed, but with no more than so many.</summary>
public sealed class CatchUpLimitTests
{
    private static readonly DateTimeOffset Noon = At("2026-03-10T12:00:00Z");

    private static IntervalSchedule Every(double seconds) => new(TimeSpan.FromSeconds(seconds), At("2026-01-01T00:00:00Z"), TimeZoneInfo.Utc);

    [Fact]
    public void Of_the_missed_ones_the_newest_run_oldest_first()
    {
        var due = CatchUp.Due(Every(60), Noon.AddHours(-5), Noon.AddSeconds(30), CatchUpPolicy.All, 100, limit: 3);
        Assert.Equal([Noon.AddMinutes(-2), Noon.AddMinutes(-1), Noon], due.Occurrences.ToArray());
        Assert.Equal((Noon.AddSeconds(30), null), (due.Cursor, due.Batch));
    }

    [Fact]
    public void Occurrences_on_time_run_besides_the_limit()
    {
        var due = CatchUp.Due(Every(2), Noon.AddHours(-5), Noon.AddSeconds(1), CatchUpPolicy.All, 100, limit: 1);
        Assert.Equal([Noon.AddSeconds(-6), Noon.AddSeconds(-4), Noon.AddSeconds(-2), Noon], due.Occurrences.ToArray());
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(1_000_000)]
    public void Fewer_than_the_limit_run_all(int limit)
    {
        var due = CatchUp.Due(Every(60), Noon.AddMinutes(-5), Noon.AddSeconds(30), CatchUpPolicy.All, 100, limit);
        Assert.Equal(5, due.Occurrences.Length);
    }

    [Fact]
    public void Which_are_the_newest_is_decided_once_however_far_the_clock_moves_between_the_portions()
    {
        var (after, now, limit) = (Noon.AddDays(-30), Noon.AddSeconds(30), 250);
        var found = new List<DateTimeOffset>();
        DateTimeOffset? batch = null;
        do
        {
            var due = CatchUp.Due(Every(60), after, now, CatchUpPolicy.All, 100, limit, batch);
            Assert.InRange(due.Occurrences.Length, 1, 100);
            found.AddRange(due.Occurrences);
            (after, batch) = (due.Cursor, due.Batch);
            // Long enough that other ones would be the newest by now.
            now = now.AddMinutes(400);
        }
        while (batch is not null);

        Assert.Equal(Enumerable.Range(0, 250).Select(i => Noon.AddMinutes(i - 249)), found);
        Assert.Equal(Noon.AddSeconds(30), after);

        // What came meanwhile is missed, too, and the limit is for it anew.
        Assert.Equal(250, Portions(Every(60), after, now, limit).Count);
    }

    [Fact]
    public void A_clock_that_steps_back_between_portions_repeats_nothing_and_leaves_nothing_out()
    {
        var first = CatchUp.Due(Every(60), Noon.AddDays(-1), Noon.AddSeconds(30), CatchUpPolicy.All, 100, 150);
        var back = CatchUp.Due(Every(60), first.Cursor, Noon.AddMinutes(-40), CatchUpPolicy.All, 100, 150, first.Batch);
        Assert.Equal(first.Batch, back.Batch);
        var rest = CatchUp.Due(Every(60), back.Cursor, Noon.AddMinutes(1), CatchUpPolicy.All, 100, 150, back.Batch);

        Assert.Equal(
            Enumerable.Range(0, 150).Select(i => Noon.AddMinutes(i - 149)), [.. first.Occurrences, .. back.Occurrences, .. rest.Occurrences]);
        Assert.Null(rest.Batch);
    }

    [Fact]
    public void The_newest_ones_are_those_that_a_walk_through_all_of_them_finds()
    {
        ISchedule[] schedules =
        [
            Every(0.1), Every(7), Every(86400), Cron("* * * 1 *"), Cron("* 9 * * *", "Europe/Berlin"),
            Cron("*/7 8-18 * * mon-fri", "Australia/Lord_Howe"), Cron("0 0 29 2 *"),
        ];
        foreach (var (schedule, days) in schedules.Select((s, i) => (s, i == 0 ? 0.02 : i == 1 ? 1.0 : 4000)))
        {
            var after = Noon.AddDays(-days);
            var all = Walk(schedule, after, Noon);
            foreach (var limit in new[] { 1, 2, 3, 17, 100, 1000, all.Count, all.Count + 1 }.Where(n => n > 0))
            {
                var missed = all.FindAll(at => Noon - at > CatchUp.OnTime);
                var expected = missed.TakeLast(limit).Concat(all.FindAll(at => Noon - at <= CatchUp.OnTime));
                Assert.Equal(expected, Portions(schedule, after, Noon, limit));
            }
        }
    }

    [Theory]
    [InlineData(1, 200)]
    [InlineData(10, 300)]
    [InlineData(1000, 6_000)]
    public void What_was_missed_beyond_the_limit_costs_nothing(int limit, int most)
    {
        foreach (var schedule in new ISchedule[] { Every(1), Every(0.1), Cron("* * * 1 *"), Cron("* 9 * * *", "Europe/Berlin"), Cron("0 0 29 2 *") })
        {
            var counted = new CountedSchedule(schedule);
            CatchUp.Due(counted, At("1926-01-01T00:00:00Z"), Noon.AddMilliseconds(1), CatchUpPolicy.All, 1, limit);
            Assert.InRange(counted.Asked, 1, most);
        }
    }

    [Fact]
    public void Answers_at_both_ends_of_the_calendar_and_refuses_no_limit_at_all()
    {
        Assert.Single(CatchUp.Due(Every(86400), DateTimeOffset.MinValue, DateTimeOffset.MinValue.AddDays(1), CatchUpPolicy.All, 1, 1).Occurrences);
        Assert.Equal(DateTimeOffset.MaxValue, CatchUp.Due(
            Cron("0 0 1 1 *"), DateTimeOffset.MaxValue.AddDays(-1), DateTimeOffset.MaxValue, CatchUpPolicy.All, 1, 1).Cursor);
        Assert.Throws<ArgumentOutOfRangeException>(() => CatchUp.Due(Every(1), Noon, Noon.AddDays(1), CatchUpPolicy.All, 1, 0));
    }

    [Fact]
    public void A_schedule_with_an_end_occurs_up_to_it_and_no_further()
    {
        var ending = ScheduleCompiler.Compile(new ScheduleSpec { Interval = TimeSpan.FromMinutes(1), End = Noon }).Schedule!;
        Assert.Equal(Noon, ending.Next(Noon.AddSeconds(-1)));
        Assert.Null(ending.Next(Noon));
        Assert.Null(ending.Next(DateTimeOffset.MaxValue));
        Assert.False(ending.IsMoved(Noon));
        var moved = ScheduleCompiler.Compile(new ScheduleSpec { Cron = "30 2 * * *", Timezone = "America/New_York", End = Noon }).Schedule!;
        Assert.True(moved.IsMoved(At("2026-03-08T03:00:00-04:00")));
    }

    private static List<DateTimeOffset> Portions(ISchedule schedule, DateTimeOffset after, DateTimeOffset now, int limit)
    {
        var found = new List<DateTimeOffset>();
        DueOccurrences due = new([], after);
        do
        {
            due = CatchUp.Due(schedule, due.Cursor, now, CatchUpPolicy.All, 100, limit, due.Batch);
            found.AddRange(due.Occurrences);
        }
        while (due.Cursor < now);

        return found;
    }

    private static List<DateTimeOffset> Walk(ISchedule schedule, DateTimeOffset after, DateTimeOffset to)
    {
        var all = new List<DateTimeOffset>();
        for (var next = schedule.Next(after); next <= to; next = schedule.Next(next.Value))
        {
            all.Add(next.Value);
        }

        return all;
    }
}
