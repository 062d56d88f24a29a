using Microsoft.Extensions.Configuration;
using Runner.Hocon;
using Runner.Host.Configuration;

namespace Runner.Host.Tests.Configuration;

public sealed class HoconConfigurationTests
{
    [Fact]
    public void Keys_are_paths_and_items_go_by_number()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("a:b", "under"), new("z", "kept")])
            .Add(new HoconConfigurationSource(() => HoconDocument.ParseText("a { b = 1, c = [x, { d = true }], e = null, \"f.g\" = h }").Object))
            .Build();

        Assert.Equal(("1", "x", "true", "h"), (configuration["a:b"], configuration["A:C:0"], configuration["a:c:1:d"], configuration["a:f.g"]));
        Assert.Equal((null, "kept"), (configuration["a:e"], configuration["z"]));
        Assert.Equal(["0", "1"], configuration.GetSection("a:c").GetChildren().Select(c => c.Key));
    }

    [Fact]
    public void Loading_anew_takes_the_new_values_and_keeps_the_old_ones_on_an_error()
    {
        var text = "a = 1";
        var root = new ConfigurationBuilder().Add(new HoconConfigurationSource(() => HoconDocument.ParseText(text).Object)).Build();

        text = "a = }";
        Assert.Throws<HoconException>(root.Reload);
        Assert.Equal("1", root["a"]);

        text = "b = 2";
        root.Reload();
        Assert.Equal((null, "2"), (root["a"], root["b"]));
    }

    [Fact]
    public void A_file_is_read() =>
        Assert.Equal("100", new ConfigurationBuilder().Add(HoconConfigurationSource.FromFile(Path.Combine(AppContext.BaseDirectory, "runner.conf")))
            .Build()["runner:limit"]);
}
