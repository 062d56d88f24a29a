using Runner.Cli.Terminal;

namespace Runner.Client.Tests.Cli;

public class TimesTests
{
    [Theory]
    [InlineData(0, "now")]
    [InlineData(0.4, "now")]
    [InlineData(6.9, "in 7 s")]
    [InlineData(-120, "2 min ago")]
    [InlineData(12_000, "in 3 h 20 min")]
    [InlineData(-187_200, "2 d 4 h ago")]
    [InlineData(59.9, "in 1 min")]
    public void A_distance_is_said_in_its_two_largest_units(double seconds, string expected) =>
        Assert.Equal(expected, new Times(new FixedTime(FixedTime.Noon)).Relative(FixedTime.Noon.AddSeconds(seconds)));

    [Theory]
    [InlineData(0.345, "345 ms")]
    [InlineData(2.14, "2.1 s")]
    [InlineData(200, "3 min 20 s")]
    [InlineData(59.99, "1 min")]
    [InlineData(-1, "0 ms")]
    public void A_length_is_said_as_finely_as_it_is_short(double seconds, string expected) =>
        Assert.Equal(expected, Times.Length(TimeSpan.FromSeconds(seconds)));
}
