using Runner.Actors.Retention;
using Runner.Entities.Store;

namespace Runner.Actors.Tests.Retention;

public sealed class RetentionPassTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public void A_run_goes_when_it_ended_as_long_ago_as_runs_are_kept()
    {
        var pass = Pass(new RetentionRule(Day, null));
        Assert.True(pass.MayGo(Run(created: 30 * Hour, ended: Day)));
        Assert.False(pass.MayGo(Run(created: 30 * Hour, ended: Day - TimeSpan.FromTicks(1))));
    }

    [Fact]
    public void Age_counts_from_the_end_however_long_the_run_took() =>
        Assert.False(Pass(new RetentionRule(Day, null)).MayGo(Run(created: 300 * Day, ended: 2 * Hour)));

    [Fact]
    public void What_ended_a_moment_ago_is_kept_whatever_the_rule()
    {
        var pass = Pass(new RetentionRule(TimeSpan.Zero, 0), surplusCreated: TimeSpan.Zero);
        Assert.False(pass.MayGo(Run(created: 2 * Hour, ended: Hour - TimeSpan.FromTicks(1))));
        Assert.True(pass.MayGo(Run(created: 2 * Hour, ended: Hour)));
    }

    [Fact]
    public void Of_those_too_many_all_up_to_the_newest_of_them_go()
    {
        var pass = Pass(new RetentionRule(null, 10), surplusCreated: 5 * Hour);
        Assert.True(pass.MayGo(Run(6 * Hour, 5 * Hour)));
        Assert.True(pass.MayGo(Run(5 * Hour, 4 * Hour)));
        Assert.False(pass.MayGo(Run(5 * Hour, 4 * Hour, id: "ffffffff-0000-0000-0000-000000000000")));
        Assert.False(pass.MayGo(Run(4 * Hour, 3 * Hour)));
    }

    [Fact]
    public void With_both_bounds_a_run_has_to_keep_within_both()
    {
        var pass = Pass(new RetentionRule(Day, 10), surplusCreated: 5 * Hour);
        Assert.True(pass.MayGo(Run(6 * Hour, 5 * Hour)));
        Assert.True(pass.MayGo(Run(100 * Day, Day)));
        Assert.False(pass.MayGo(Run(4 * Hour, 3 * Hour)));
    }

    [Fact]
    public void Without_a_bound_nothing_goes()
    {
        var pass = Pass(RetentionRule.Everything);
        Assert.Null(pass.CreatedBefore);
        Assert.False(pass.MayGo(Run(1000 * Day, 1000 * Day)));
    }

    [Fact]
    public void A_clock_that_stepped_back_makes_runs_young() =>
        Assert.False(Pass(new RetentionRule(TimeSpan.Zero, 0), surplusCreated: TimeSpan.Zero).MayGo(Run(Hour, -Hour)));

    [Fact]
    public void Whatever_may_go_was_created_before_the_bound_that_is_looked_up_to()
    {
        foreach (var rule in (RetentionRule[])[new(Day, null), new(null, 3), new(Day, 3), new(TimeSpan.Zero, null)])
        {
            foreach (var surplus in (TimeSpan?[])[null, 2 * Hour, 40 * Hour])
            {
                var pass = Pass(rule, surplus);
                for (var created = TimeSpan.Zero; created < 3 * Day; created += TimeSpan.FromMinutes(20))
                {
                    for (var ended = TimeSpan.Zero; ended <= created; ended += Hour)
                    {
                        var run = Run(created, ended);
                        Assert.True(!pass.MayGo(run) || run.Created < pass.CreatedBefore, $"{rule} {surplus}: {run}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(null, null, null, false)]
    [InlineData("flow/a", 5L, 7L, true)]
    [InlineData(null, -5L, null, true)]
    public void A_cursor_is_read_as_it_was_written(string? deployment, long? after, long? surplus, bool counted)
    {
        var cursor = new PruneCursor(deployment, Place(after), Place(surplus), counted);
        var read = PruneCursor.Read(cursor.ToString())!;
        Assert.Equal((deployment, counted), (read.Deployment, read.Counted));
        Assert.Equal((after, surplus), ((long?)read.After?.Values[0], (long?)read.Surplus?.Values[0]));
        Assert.Equal(cursor.ToString(), read.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("bm9uZQ")]
    [InlineData("YS9iIDEvMiAgIA")]
    public void What_is_no_cursor_is_not_read(string text) => Assert.Null(PruneCursor.Read(text));

    private static RetentionPass Pass(RetentionRule rule, TimeSpan? surplusCreated = null) =>
        new(rule, Hour, surplusCreated is { } ago && rule.KeepRuns is not null ? Place((Now - ago).ToUnixTimeMilliseconds()) : null, Now);

    private static RowPosition? Place(long? created) => created is { } at ? new RowPosition([at], "88888888-0000-0000-0000-000000000000") : null;

    private static EndedRun Run(TimeSpan created, TimeSpan ended, string id = "11111111-0000-0000-0000-000000000000") =>
        new(Guid.Parse(id), "flow/a", (Now - created).ToUnixTimeMilliseconds(), Now - ended, 1);
}
