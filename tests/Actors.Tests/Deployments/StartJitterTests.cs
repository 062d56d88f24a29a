using Runner.Actors.Deployments;

namespace Runner.Actors.Tests.Deployments;

public sealed class StartJitterTests
{
    /// <summary>A run that was made by one version starts when every other would have started it.</summary>
    [Theory]
    [InlineData("019d67b4-dec0-80fe-bcd5-71f78a82a263", 30)]
    [InlineData("019d67d0-5600-8970-b515-1b95b467e46f", 86400)]
    public void The_delay_is_the_ids_last_62_bits_in_ticks(string run, int seconds)
    {
        var jitter = TimeSpan.FromSeconds(seconds);
        var bits = Convert.ToUInt64(run.Replace("-", "", StringComparison.Ordinal)[16..], 16) & 0x3FFF_FFFF_FFFF_FFFF;

        Assert.Equal((long)(bits % (ulong)jitter.Ticks), StartJitter.Of(Guid.Parse(run), jitter).Ticks);
    }

    [Fact]
    public void Starts_are_spread_evenly_over_the_jitter_and_never_reach_it()
    {
        var jitter = TimeSpan.FromSeconds(30);
        var first = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var delays = Enumerable.Range(0, 30_000)
            .Select(i => StartJitter.Of(RunIds.ForOccurrence("flow/d", "s", first.AddMinutes(i)), jitter)).ToList();

        Assert.All(delays, d => Assert.InRange(d, TimeSpan.Zero, jitter - TimeSpan.FromTicks(1)));
        var seconds = delays.GroupBy(d => (int)d.TotalSeconds).Select(g => g.Count()).ToList();
        Assert.Equal(30, seconds.Count);
        // Five standard deviations of a fair die of thirty sides.
        Assert.All(seconds, n => Assert.InRange(n, 1_000 - 156, 1_000 + 156));
    }

    [Fact]
    public void No_jitter_is_no_delay()
    {
        Assert.Equal(TimeSpan.Zero, StartJitter.Of(Guid.Parse("019d67b4-dec0-80fe-bcd5-71f78a82a263"), TimeSpan.Zero));
        Assert.Equal(TimeSpan.Zero, StartJitter.Of(Guid.Empty, TimeSpan.FromSeconds(1)));
    }
}
