namespace Runner.Client.Tests;

public class InstantsTests
{
    [Theory]
    [InlineData("2026-01-31T04:00:00Z", "2026-01-31T04:00:00Z")]
    [InlineData("2026-01-31t04:00:00.25z", "2026-01-31T04:00:00.25Z")]
    [InlineData("2026-01-31 04:00:00+01:00", "2026-01-31T03:00:00Z")]
    [InlineData("2026-01-31T04:00:00-05:30", "2026-01-31T09:30:00Z")]
    [InlineData("2026-01-31T04:00:00.123456789Z", "2026-01-31T04:00:00.1234567Z")]
    [InlineData("2026-01-31T04:00:00.000000000999+01:00", "2026-01-31T03:00:00Z")]
    public void Rfc_3339_is_read(string text, string expected)
    {
        Assert.True(Instants.TryParse(text, out var instant));
        Assert.Equal(expected, Instants.Format(instant));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2026-01-31")]
    [InlineData("2026-01-31T04:00:00")]
    [InlineData("2026-02-30T04:00:00Z")]
    [InlineData("2026-01-31T04:00:00ZZ")]
    [InlineData("2026-01-31T04:00:00+25:00")]
    [InlineData("0001-01-01T00:00:00+10:00")]
    [InlineData("2026-01-31T04:00:00.+01:00")]
    [InlineData("2026-01-31T04:00:00.123456789")]
    [InlineData("2026-01-31T04:00:00.12345678x+01:00")]
    [InlineData("31.01.2026 04:00:00 +01:00")]
    public void An_instant_without_a_zone_or_date_is_refused(string? text) => Assert.False(Instants.TryParse(text, out _));
}
