using Runner.Actors.Scheduling;

namespace Runner.Actors.Tests.Scheduling;

public class TimeZonesTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("UTC")]
    [InlineData("utc")]
    public void No_name_means_UTC(string? id)
    {
        Assert.True(TimeZones.TryFind(id, out var zone, out var error));
        Assert.Same(TimeZoneInfo.Utc, zone);
        Assert.Null(error);
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("US/Eastern")]
    [InlineData("America/Argentina/Buenos_Aires")]
    [InlineData("Etc/GMT+5")]
    public void IANA_names_are_found_and_kept(string id)
    {
        Assert.True(TimeZones.TryFind(id, out var first, out _));
        Assert.True(TimeZones.TryFind(id, out var second, out _));
        Assert.Equal(id, first.Id);
        Assert.Same(first, second);
    }

    [Theory]
    [InlineData("Europe/Berln", "Europe/Berlin")]
    [InlineData("Berlin", "Europe/Berlin")]
    [InlineData("europe/berlin", "Europe/Berlin")]
    [InlineData("America/NewYork", "America/New_York")]
    [InlineData("new york", "America/New_York")]
    public void An_unknown_name_is_refused_with_names_like_it(string id, string near)
    {
        Assert.True(TimeZones.TryFind(near, out _, out _));
        Assert.False(TimeZones.TryFind(id, out var zone, out var error));
        Assert.Null(zone);
        Assert.StartsWith($"time zone: '{id}' is unknown; did you mean {near}", error, StringComparison.Ordinal);
        Assert.InRange(error.Split(" or ").Length, 1, 3);
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("Mars/Olympus_Mons")]
    [InlineData("Europe")]
    [InlineData("../../../etc/passwd")]
    [InlineData("/etc/localtime")]
    [InlineData("right/UTC")]
    [InlineData("posixrules")]
    [InlineData("localtime")]
    [InlineData("Factory")]
    [InlineData("leapseconds")]
    [InlineData("W. Europe Standard Time")]
    [InlineData("Europe/Berlin\0")]
    [InlineData("Europe//Berlin")]
    public void What_is_no_zone_is_never_taken_for_UTC(string id)
    {
        Assert.False(TimeZones.TryFind(id, out var zone, out var error));
        Assert.Null(zone);
        Assert.Contains("is unknown", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_very_long_name_is_refused_like_any_other()
    {
        Assert.False(TimeZones.TryFind(new string('z', 1_000_000), out _, out var error));
        Assert.InRange(error.Length, 1, 200);
    }
}
