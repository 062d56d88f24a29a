using Runner.Actors.Scheduling;
using Runner.Messages.Deployments;
using static Runner.Actors.Tests.Scheduling.Zones;

namespace Runner.Actors.Tests.Scheduling;

public class CatchUpTests
{
    private static readonly DateTimeOffset Noon = At("2026-03-10T12:00:00Z");

    private static IntervalSchedule Every(double seconds) => new(TimeSpan.FromSeconds(seconds), At("2026-01-01T00:00:00Z"), TimeZoneInfo.Utc);

    [Fact]
    public void B31_catch_up_all_runs_every_missed_occurrence_oldest_first_a_portion_at_a_time()
    {
        var now = Noon.AddSeconds(30);
        var first = CatchUp.Due(Every(60), Noon.AddMinutes(-5), now, CatchUpPolicy.All, 3);
        Assert.Equal([Noon.AddMinutes(-4), Noon.AddMinutes(-3), Noon.AddMinutes(-2)], first.Occurrences.ToArray());
        Assert.Equal(Noon.AddMinutes(-2), first.Cursor);

        var rest = CatchUp.Due(Every(60), first.Cursor, now, CatchUpPolicy.All, 3);
        Assert.Equal([Noon.AddMinutes(-1), Noon], rest.Occurrences.ToArray());
        Assert.Equal(now, rest.Cursor);
    }

    [Fact]
    public void B31_catch_up_all_of_exactly_one_portion_is_decided_up_to_now()
    {
        var due = CatchUp.Due(Every(60), Noon.AddMinutes(-3), Noon, CatchUpPolicy.All, 3);
        Assert.Equal([Noon.AddMinutes(-2), Noon.AddMinutes(-1), Noon], due.Occurrences.ToArray());
        Assert.Equal(Noon, due.Cursor);
    }

    [Fact]
    public void B31_catch_up_latest_runs_only_the_newest_missed_occurrence()
    {
        var now = Noon.AddSeconds(30);
        var due = CatchUp.Due(Every(60), Noon.AddHours(-5), now, CatchUpPolicy.Latest, 3);
        Assert.Equal([Noon], due.Occurrences.ToArray());
        Assert.Equal(now, due.Cursor);
    }

    [Fact]
    public void B31_catch_up_latest_runs_what_is_on_time_and_then_nothing_missed()
    {
        var due = CatchUp.Due(Every(2), Noon.AddHours(-5), Noon.AddSeconds(1), CatchUpPolicy.Latest, 1);
        Assert.Equal([Noon.AddSeconds(-4), Noon.AddSeconds(-2), Noon], due.Occurrences.ToArray());
        Assert.Equal(Noon.AddSeconds(1), due.Cursor);
    }

    [Fact]
    public void B31_catch_up_none_runs_only_what_is_on_time()
    {
        Assert.Empty(CatchUp.Due(Every(60), Noon.AddHours(-5), Noon.AddSeconds(30), CatchUpPolicy.None, 3).Occurrences);
        Assert.Equal([Noon], CatchUp.Due(Every(60), Noon.AddHours(-5), Noon.AddSeconds(3), CatchUpPolicy.None, 3).Occurrences.ToArray());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(5, true)]
    [InlineData(5.0000001, false)]
    public void An_occurrence_is_on_time_for_five_seconds(double age, bool onTime) =>
        Assert.Equal(onTime, CatchUp.Due(Every(60), Noon.AddMinutes(-1), Noon.AddSeconds(age), CatchUpPolicy.None, 1).Occurrences.Contains(Noon));

    [Theory]
    [InlineData(CatchUpPolicy.All)]
    [InlineData(CatchUpPolicy.Latest)]
    [InlineData(CatchUpPolicy.None)]
    public void B34_a_clock_that_stepped_back_repeats_nothing(CatchUpPolicy policy)
    {
        var due = CatchUp.Due(Every(1), Noon, Noon.AddHours(-1), policy, 10);
        Assert.Empty(due.Occurrences);
        Assert.Equal(Noon, due.Cursor);

        // Decided up to noon, nothing before is due again when the clock gets there.
        Assert.Equal([Noon.AddSeconds(1)], CatchUp.Due(Every(1), due.Cursor, Noon.AddSeconds(1), policy, 10).Occurrences.ToArray());
    }

    [Theory]
    [InlineData(CatchUpPolicy.Latest)]
    [InlineData(CatchUpPolicy.None)]
    public void Years_of_downtime_cost_a_bounded_number_of_steps(CatchUpPolicy policy)
    {
        ISchedule[] schedules =
        [
            Every(1), Every(0.1), Cron("* * * 1 *"), Cron("* 9 * * *", "Europe/Berlin"), Cron("0 0 29 2 *"),
        ];
        foreach (var schedule in schedules)
        {
            var counted = new CountedSchedule(schedule);
            CatchUp.Due(counted, At("1926-01-01T00:00:00Z"), Noon.AddMilliseconds(1), policy, 10);
            Assert.InRange(counted.Asked, 1, 250);
        }
    }

    [Theory]
    [InlineData("* * * 1 *", "2026-01-31T23:59:00Z")]
    [InlineData("* 9 * * *", "2026-03-10T09:59:00Z")]
    [InlineData("0 0 29 2 *", "2024-02-29T00:00:00Z")]
    [InlineData("59 11 * * *", "2026-03-10T11:59:00Z")]
    public void The_newest_missed_occurrence_is_found_however_long_ago(string expression, string newest)
    {
        Assert.Equal([At(newest)], CatchUp.Due(Cron(expression), At("2000-01-01T00:00Z"), Noon, CatchUpPolicy.Latest, 10).Occurrences.ToArray());
        Assert.Equal([At(newest)], CatchUp.Due(Cron(expression), DateTimeOffset.MinValue, Noon, CatchUpPolicy.Latest, 10).Occurrences.ToArray());
        Assert.Empty(CatchUp.Due(Cron(expression), At(newest), Noon, CatchUpPolicy.Latest, 10).Occurrences);
    }

    [Fact]
    public void Answers_at_both_ends_of_the_calendar()
    {
        foreach (var policy in Enum.GetValues<CatchUpPolicy>())
        {
            Assert.Single(CatchUp.Due(Every(86400), DateTimeOffset.MinValue, DateTimeOffset.MinValue.AddDays(1), policy, 1).Occurrences);
            Assert.Equal(DateTimeOffset.MaxValue, CatchUp.Due(
                Cron("0 0 1 1 *"), DateTimeOffset.MaxValue.AddDays(-1), DateTimeOffset.MaxValue, policy, 1).Cursor);
        }
    }

    [Fact]
    public void A_portion_of_nothing_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CatchUp.Due(Every(1), Noon, Noon.AddDays(1), CatchUpPolicy.All, 0));
}
