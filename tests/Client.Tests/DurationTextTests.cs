using Runner.Messages;

namespace Runner.Client.Tests;

public class DurationTextTests
{
    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("10s", 10)]
    [InlineData("10", 10)]
    [InlineData("1.5h", 5400)]
    [InlineData("1h30m", 5400)]
    [InlineData(" 2d ", 172_800)]
    [InlineData("1w", 604_800)]
    [InlineData("0s", 0)]
    [InlineData("5M", 300)]
    public void Durations_are_read_as_people_write_them(string text, double seconds)
    {
        Assert.True(DurationText.TryParse(text, out var value));
        Assert.Equal(TimeSpan.FromSeconds(seconds), value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-1s")]
    [InlineData("s")]
    [InlineData(".")]
    [InlineData("1.2.3s")]
    [InlineData("1x")]
    [InlineData("1h30")]
    [InlineData("1h 30m")]
    [InlineData("1e3s")]
    [InlineData("99999999999999999999w")]
    [InlineData("10000000d10000000d")]
    [InlineData("999999999999999999999s")]
    [InlineData("٣s")]
    public void What_is_no_duration_is_refused(string? text) => Assert.False(DurationText.TryParse(text, out _));

    [Fact]
    public void Every_duration_is_read_back_from_its_text()
    {
        long[] parts =
            [0, 1, 9, 10_000, 10_001, 9_999_999, 10_000_000, 15_000_000, 599_999_999, 36_000_000_000, 864_000_000_000, 315_360_000_000_000];
        foreach (var ticks in from a in parts from b in parts from c in parts select a + b + c)
        {
            var text = DurationText.Format(TimeSpan.FromTicks(ticks));
            Assert.True(DurationText.TryParse(text, out var back), text);
            Assert.Equal(ticks, back.Ticks);
        }
    }

    [Fact]
    public void The_least_and_the_greatest_duration_have_a_text() =>
        Assert.Equal($"-{DurationText.Format(TimeSpan.MaxValue)[..^2]}8s", DurationText.Format(TimeSpan.MinValue));
}
