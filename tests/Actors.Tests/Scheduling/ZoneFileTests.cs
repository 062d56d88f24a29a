using System.Globalization;
using Runner.Actors.Scheduling;
using static Runner.Actors.Tests.Scheduling.Zones;

namespace Runner.Actors.Tests.Scheduling;

/// <summary>What files of zones say and <see cref="TimeZoneInfo"/> does not.</summary>
public class ZoneFileTests
{
    [Theory]
    [InlineData("Europe/Dublin", "1916-05-21T02:25:20Z", "-00:25:21")]
    [InlineData("Europe/Dublin", "1916-05-21T02:25:21Z", "00:34:39")]
    [InlineData("Asia/Riyadh", "1947-03-13T00:00:00Z", "03:06:52")] // its only change is the day after
    [InlineData("Asia/Riyadh", "2026-03-13T00:00:00Z", "03:00:00")]
    [InlineData("Pacific/Apia", "1949-12-31T00:00:00Z", "-11:30:00")] // today's offset is a day and an hour more
    [InlineData("Pacific/Kiritimati", "1979-09-30T00:00:00Z", "-10:40:00")]
    [InlineData("America/Juneau", "1867-10-17T00:00:00Z", "15:02:19")] // west of the date line, as the rest of Russia
    [InlineData("America/Juneau", "1867-10-20T00:00:00Z", "-08:57:41")]
    [InlineData("America/New_York", "0001-01-01T00:00:00Z", "-04:56:02")]
    [InlineData("Etc/GMT+5", "0001-01-01T00:00:00Z", "-05:00:00")]
    [InlineData("Etc/GMT+5", "9999-12-31T23:59:59Z", "-05:00:00")]
    public void Offsets_are_those_of_the_file(string zone, string at, string offset) =>
        Assert.Equal(TimeSpan.Parse(offset, CultureInfo.InvariantCulture), TimeZones.OffsetAt(Zone(zone), At(at)));

    [Theory]
    [InlineData("30 2 * * *", "Europe/Dublin", "1916-05-20T00:00:00Z", "1916-05-20T02:55:21Z 1916-05-21T02:25:21Z 1916-05-22T01:55:21Z")]
    [InlineData("0 9 * * *", "Pacific/Kiritimati", "1979-09-28T20:00:00Z", "1979-09-29T19:40:00Z 1979-09-30T19:40:00Z 1979-10-01T19:00:00Z")]
    [InlineData("0 9 30 9 *", "Pacific/Kiritimati", "1978-10-01T00:00:00Z", "1979-09-30T19:40:00Z 1980-09-30T19:00:00Z")]
    [InlineData("0 9 19 10 *", "America/Juneau", "1867-01-01T00:00:00Z", "1867-10-18T17:57:41Z 1868-10-19T17:57:41Z")] // that date came twice
    [InlineData(
        "0 */12 19 10 *", "America/Juneau", "1867-01-01T00:00:00Z",
        "1867-10-18T08:57:41Z 1867-10-18T20:57:41Z 1867-10-19T08:57:41Z 1867-10-19T20:57:41Z")]
    public void B33_schedules_go_by_the_clocks_of_the_file(string expression, string zone, string after, string expected)
    {
        var at = At(after);
        foreach (var next in expected.Split(' ').Select(At))
        {
            at = Cron(expression, zone).Next(at)!.Value;
            Assert.Equal(next, at);
        }
    }

    [Fact]
    public void B33_whole_days_go_by_the_clocks_of_the_file()
    {
        var schedule = new IntervalSchedule(TimeSpan.FromDays(1), At("1916-05-19T02:55:21Z"), Zone("Europe/Dublin")); // 02:30 by the wall
        Assert.Equal(At("1916-05-20T02:55:21Z"), schedule.Next(At("1916-05-20T00:00:00Z")));
        Assert.Equal(At("1916-05-21T02:25:21Z"), schedule.Next(At("1916-05-21T00:00:00Z")));
        Assert.Equal(At("1916-05-22T01:55:21Z"), schedule.Next(At("1916-05-22T00:00:00Z")));
    }

    [Fact]
    public void Changes_are_those_listed_and_then_those_of_the_rule() => Assert.Equal( // files list them to 2037, or only to where the rule begins
        ["2036-03-30", "2036-10-26", "2037-03-29", "2037-10-25", "2038-03-28", "2038-10-31", "2039-03-27"],
        ZoneFile.Read("Europe/Berlin")!.ChangesBetween(At("2035-10-28T01:00:00Z").UtcTicks, At("2039-10-30T01:00:00Z").UtcTicks)
            .Where(change => change % TimeSpan.TicksPerDay == TimeSpan.TicksPerHour)
            .Select(change => $"{new DateTime(change):yyyy-MM-dd}"));

    [Theory]
    [InlineData("Mars/Olympus_Mons")]
    [InlineData("Europe")]
    [InlineData("tzdata.zi")]
    [InlineData("a\0b")]
    public void A_file_that_is_no_zone_file_is_ignored(string id) => Assert.Null(ZoneFile.Read(id));

    [Theory]
    [InlineData("UTC", true)]
    [InlineData("Etc/GMT+5", true)]
    [InlineData("Asia/Riyadh", false)]
    [InlineData("Europe/Berlin", false)]
    public void A_zone_is_fixed_whose_file_has_no_change_and_no_rule(string id, bool isFixed) => Assert.Equal(isFixed, ZoneFile.Read(id)?.IsFixed);
}
