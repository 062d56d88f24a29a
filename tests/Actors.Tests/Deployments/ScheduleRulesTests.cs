using Runner.Actors.Deployments;
using Runner.Messages.Deployments;

namespace Runner.Actors.Tests.Deployments;

/// <summary>What a schedule may declare, and what makes its id.</summary>
public sealed class ScheduleRulesTests
{
    private static readonly ScheduleSpec Cron = new() { Cron = "0,30 * * * *", Timezone = "America/New_York" };
    private static readonly ScheduleSpec Interval = new() { Interval = TimeSpan.FromMinutes(1) };

    public static TheoryData<ScheduleSpec, string, string> Wrong => new()
    {
        { new ScheduleSpec(), "schedules[0]", "expected one of 'interval', 'cron' and 'rrule'; there is none" },
        { Cron with { Interval = TimeSpan.FromDays(1) }, "schedules[0]", "expected one of 'interval', 'cron' and 'rrule'; there are several" },
        { Cron with { Rrule = "FREQ=DAILY" }, "schedules[0]", "expected one of 'interval', 'cron' and 'rrule'; there are several" },
        { Cron with { Anchor = DateTimeOffset.UnixEpoch }, "schedules[0].anchor", "only an interval has an anchor" },
        { new ScheduleSpec { Rrule = "FREQ=NEVER" }, "schedules[0].rrule", "" },
        { Interval with { DayOr = true }, "schedules[0].day_or", "only a cron expression has day fields" },
        { Cron with { Cron = "0 0 31 2 *" }, "schedules[0].cron", "" },
        { Cron with { Timezone = "Europe/Berln" }, "schedules[0].timezone", "time zone: 'Europe/Berln' is unknown; did you mean Europe/Berlin" },
        { Interval with { Interval = TimeSpan.FromMilliseconds(1) }, "schedules[0].interval", "" },
        { Interval with { MaxRuns = 0 }, "schedules[0].max_runs", "expected a whole number from 1 to 1000000000" },
        { Interval with { MaxRuns = 1_000_000_001 }, "schedules[0].max_runs", "expected a whole number from 1 to 1000000000" },
        { Interval with { Jitter = TimeSpan.FromTicks(-1) }, "schedules[0].jitter", "-0.0000001s is not possible; expected 0s to 1d" },
        {
            Interval with { Jitter = TimeSpan.FromDays(1) + TimeSpan.FromTicks(1) }, "schedules[0].jitter",
            "1d0.0000001s is not possible; expected 0s to 1d"
        },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_value_that_is_not_possible_is_refused_by_its_field(ScheduleSpec schedule, string field, string message)
    {
        var problem = Assert.Single(DeploymentRules.Problems(Spec(schedule)));

        Assert.Equal(field, problem.Field);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var problems = DeploymentRules.Problems(Spec(new ScheduleSpec
        {
            Cron = "61 * * * *", Anchor = DateTimeOffset.UnixEpoch, Timezone = "Nowhere", MaxRuns = -1, Jitter = TimeSpan.FromDays(2),
        }));

        Assert.Equal(["anchor", "timezone", "cron", "max_runs", "jitter"], problems.Select(p => p.Field["schedules[0].".Length..]));
    }

    [Fact]
    public void The_bounds_themselves_are_possible()
    {
        foreach (var schedule in new[]
        {
            Interval with { MaxRuns = 1, Jitter = TimeSpan.Zero }, Interval with { MaxRuns = 1_000_000_000, Jitter = TimeSpan.FromDays(1) },
            Cron with { DayOr = false }, Cron with { End = DateTimeOffset.MinValue }, Cron with { End = DateTimeOffset.MaxValue },
        })
        {
            Assert.Empty(DeploymentRules.Problems(Spec(schedule)));
        }
    }

    [Theory]
    [InlineData(CatchUpPolicy.All, 1, "")]
    [InlineData(CatchUpPolicy.All, 1_000_000, "")]
    [InlineData(CatchUpPolicy.All, 0, "expected a whole number from 1 to 1000000")]
    [InlineData(CatchUpPolicy.All, 1_000_001, "expected a whole number from 1 to 1000000")]
    [InlineData(CatchUpPolicy.Latest, 5, "only 'catchup: all' has a limit")]
    [InlineData(CatchUpPolicy.None, 5, "only 'catchup: all' has a limit")]
    [InlineData(CatchUpPolicy.Latest, 0, "expected a whole number from 1 to 1000000")]
    public void A_catch_up_limit_belongs_to_catching_up_with_all(CatchUpPolicy policy, int limit, string problem)
    {
        var problems = DeploymentRules.Problems(Spec(Interval) with { CatchUp = policy, CatchUpLimit = limit });

        Assert.Equal(problem.Length == 0 ? 0 : 1, problems.Length);
        Assert.All(problems, p => Assert.Equal("catchup_limit", p.Field));
        Assert.All(problems, p => Assert.StartsWith(problem, p.Message, StringComparison.Ordinal));
    }

    /// <summary>JSON may have a number for a word: what nobody knows how to do is refused, and not found out when something is due.</summary>
    [Fact]
    public void A_word_that_there_is_not_is_refused()
    {
        var problems = DeploymentRules.Problems(Spec(Interval) with { CatchUp = (CatchUpPolicy)7, Concurrency = new ConcurrencySpec(1, (OnFull)9) });

        Assert.Equal(
            [("catchup", "expected all, latest or none"), ("concurrency.on_full", "expected queue, cancel_new or cancel_running")],
            problems.Select(p => (p.Field, p.Message)));
    }

    [Fact]
    public void A_changed_catch_up_limit_is_called_as_the_file_calls_it() => Assert.Equal(
        (string[])["catchup_limit"],
        DeploymentChanges.Between(
            Spec(Interval) with { CatchUp = CatchUpPolicy.All }, Spec(Interval) with { CatchUp = CatchUpPolicy.All, CatchUpLimit = 5 }));

    /// <summary>These ids stand in journals: Histories/Deployment-5.json has the first.</summary>
    [Theory]
    [InlineData("0,30 * * * *", null, "America/New_York", "06b3e4571410")]
    [InlineData(null, 60, null, "f34a2c92cb0b")]
    public void An_id_is_derived_as_it_always_was(string? cron, int? seconds, string? zone, string id) => Assert.Equal(
        id, IdOf(new ScheduleSpec { Cron = cron, Interval = seconds is { } s ? TimeSpan.FromSeconds(s) : null, Timezone = zone }));

    [Fact]
    public void Bounds_spread_switch_and_place_leave_a_derived_id_as_it_is_and_times_and_parameters_do_not()
    {
        var id = IdOf(Cron);
        Assert.Equal(
            id, IdOf(Cron with { Active = false, End = DateTimeOffset.MaxValue, MaxRuns = 7, Jitter = TimeSpan.FromSeconds(1), DayOr = true }));
        Assert.Equal(id, Schedules.WithIds(Spec(Interval, Cron)).Schedules[1].Id);

        Assert.NotEqual(id, IdOf(Cron with { DayOr = false }));
        Assert.NotEqual(id, IdOf(Cron with { Timezone = null }));
        Assert.NotEqual(id, IdOf(Cron with { Parameters = Cron.Parameters.Add("x", System.Text.Json.JsonElement.Parse("1")) }));
        Assert.NotEqual(IdOf(new ScheduleSpec { Rrule = "FREQ=DAILY" }), IdOf(new ScheduleSpec { Rrule = "FREQ=WEEKLY" }));
        Assert.Equal(IdOf(new ScheduleSpec { Rrule = "DTSTART:20260101T000000\nRRULE:FREQ=DAILY" }), IdOf(
            new ScheduleSpec { Rrule = "DTSTART:20260101T000000\r\nRRULE:FREQ=DAILY\r\n" }));
    }

    [Theory]
    [InlineData("0 4 * * *", null, "cron 0 4 * * * where both day fields match in Europe/Berlin until 2026-05-01T00:00:00Z, spread over 30s")]
    [InlineData(
        null, "DTSTART:20260101T000000\r\nRRULE:FREQ=DAILY\r\n",
        "DTSTART:20260101T000000; RRULE:FREQ=DAILY where both day fields match in Europe/Berlin until 2026-05-01T00:00:00Z, spread over 30s")]
    public void A_schedule_is_told_in_one_line(string? cron, string? rrule, string words) =>
        Assert.Equal(words, ScheduleWords.Describe(new ScheduleSpec
        {
            Cron = cron, Rrule = rrule, DayOr = false, Timezone = "Europe/Berlin", End = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero),
            Jitter = TimeSpan.FromSeconds(30),
        }));

    private static string IdOf(ScheduleSpec schedule) => Schedules.WithIds(Spec(schedule)).Schedules[0].Id!;

    private static DeploymentSpec Spec(params ScheduleSpec[] schedules) =>
        new() { Name = "flow/d", Command = ["true"], Workdir = "/", Schedules = [.. schedules] };
}
