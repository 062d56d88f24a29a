using Runner.Actors.Scheduling;
using static Runner.Actors.Tests.Scheduling.Zones;

namespace Runner.Actors.Tests.Scheduling;

public class ZoneRuleTests
{
    [Theory]
    [InlineData("EST5EDT,M3.2.0,M11.1.0", "2040-03-11T07:00Z", -5, -4)]
    [InlineData("EST5EDT,M3.2.0,M11.1.0", "2040-11-04T06:00Z", -4, -5)]
    [InlineData("EET-2EEST,M4.5.5/0,M10.5.4/24", "2040-04-26T22:00Z", 2, 3)] // Cairo: Thursday's midnight
    [InlineData("EET-2EEST,M4.5.5/0,M10.5.4/24", "2040-10-25T21:00Z", 3, 2)]
    [InlineData("IST-2IDT,M3.4.4/26,M10.5.0", "2040-03-23T00:00Z", 2, 3)] // Jerusalem: Friday at 02:00, however late that Friday is
    [InlineData("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2040-03-25T01:00Z", -2, -1)] // Nuuk: Saturday at 23:00
    [InlineData("<-04>4<-03>,M9.1.6/24,M4.1.6/24", "2040-09-02T04:00Z", -4, -3)] // Santiago: winter in the year's middle
    [InlineData("<-04>4<-03>,M9.1.6/24,M4.1.6/24", "2040-04-08T03:00Z", -3, -4)]
    [InlineData("IST-1GMT0,M10.5.0,M3.5.0/1", "2040-10-28T01:00Z", 1, 0)] // Dublin: winter is the exception
    [InlineData("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2040-03-31T15:00Z", 11, 10.5)]
    [InlineData("AAA3BBB,J60,J300/1:30", "2040-03-01T05:00Z", -3, -2)] // 1 March of every year
    [InlineData("AAA3BBB,60,J300/1:30", "2040-03-01T05:00Z", -3, -2)] // the 60th day after New Year's, of a leap year
    [InlineData("AAA3BBB,60,J300/1:30", "2041-03-02T05:00Z", -3, -2)]
    public void A_rule_changes_the_offset_at_its_instant(string text, string at, double before, double after)
    {
        var rule = ZoneRule.Read(text)!;
        Assert.Equal(TimeSpan.FromHours(before).Ticks, rule.OffsetAt(At(at).UtcTicks - 1));
        Assert.Equal(TimeSpan.FromHours(after).Ticks, rule.OffsetAt(At(at).UtcTicks));
    }

    [Theory]
    [InlineData("")]
    [InlineData("UTC0")]
    [InlineData("<+01>-1")]
    [InlineData("EST5EDT")]
    [InlineData("EST5EDT,M3.2.0")]
    [InlineData("EST5EDT,M3.9.0,M11.1.0")]
    public void A_text_without_yearly_changes_is_no_rule(string text) => Assert.Null(ZoneRule.Read(text));

    [Fact]
    public void A_rule_answers_at_both_ends_of_the_calendar()
    {
        var rule = ZoneRule.Read("EST5EDT,M3.2.0,M11.1.0")!;
        Assert.Equal(TimeSpan.FromHours(-5).Ticks, rule.OffsetAt(0));
        Assert.Equal(TimeSpan.FromHours(-5).Ticks, rule.OffsetAt(DateTime.MaxValue.Ticks));
    }

    [Theory]
    [InlineData("Africa/Cairo")]
    [InlineData("America/Santiago")]
    [InlineData("Asia/Jerusalem")]
    [InlineData("America/Nuuk")]
    public void Zones_change_their_clocks_for_ever_where_their_file_says_so(string zone)
    {
        var read = ZoneFile.Read(zone);
        Assert.NotNull(read);
        for (var year = 2030; year < 2060; year++)
        {
            var offsets = Enumerable.Range(0, 365)
                .Select(day => TimeZones.OffsetAt(Zone(zone), new DateTimeOffset(year, 1, 1, 12, 0, 0, TimeSpan.Zero).AddDays(day)));
            Assert.Equal(2, offsets.Distinct().Count());
        }
    }

    [Fact]
    public void B33_a_time_in_a_gap_far_ahead_runs_at_its_end() =>
        Assert.Equal(
            ["04-26 00:30+02:00", "04-27 01:00+03:00", "04-28 00:30+03:00"],
            Enumerable.Range(26, 3).Select(day => Cron($"30 0 {day} 4 *", "Africa/Cairo").Next(At("2040-01-01T00:00Z"))!.Value)
                .Select(at => $"{at.ToOffset(TimeZones.OffsetAt(Zone("Africa/Cairo"), at)):MM-dd HH:mmzzz}"));

    [Fact]
    public void Where_the_system_knows_the_rule_the_file_says_the_same()
    {
        foreach (var zone in Unusual.Select(Zone))
        {
            for (var at = At("2040-01-01T00:00Z"); at.Year < 2043; at = at.AddHours(1))
            {
                Assert.Equal(zone.GetUtcOffset(at.UtcDateTime), TimeZones.OffsetAt(zone, at));
            }
        }
    }
}
