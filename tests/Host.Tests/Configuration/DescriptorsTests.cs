using Runner.Host.Configuration;
using Runner.Host.Http;

namespace Runner.Host.Tests.Configuration;

public sealed class DescriptorsTests
{
    private static readonly NodeOptions Options = Settings.Of("/data");

    [Theory]
    [InlineData(null)]
    [InlineData(65_536L)]
    public void With_enough_everything_is_as_it_was_set(long? open)
    {
        var (load, programs) = Descriptors.Share(open, Options, (_, _) => Assert.Fail("There is enough."));

        Assert.Equal((new ApiLoad(1_000, 4_000, ApiLoad.UsualReserve), 100), (load, programs));
    }

    [Theory]
    [InlineData(480)]
    [InlineData(1_024)]
    [InlineData(4_096)]
    [InlineData(20_000)]
    public void With_fewer_what_is_taken_fits_and_what_does_not_is_said(long open)
    {
        var warned = "";
        var (load, programs) = Descriptors.Share(open, Options with { ProcessLimit = 5_000 }, (_, w) => warned = w);

        Assert.InRange(288 + load.Reserve + programs + (2 * Math.Min(programs, 100)) + (5 * load.Followers), 1, open);
        Assert.True(load is { Reserve: >= 32, Followers: >= 8 } && programs >= 1, $"{load}, {programs}");
        Assert.Contains($"may open {open} files", warned, StringComparison.Ordinal);
        Assert.Contains("LimitNOFILE", warned, StringComparison.Ordinal);
    }
}
