using Runner.Host.Configuration;
using Serilog.Events;

namespace Runner.Host.Tests.Configuration;

public sealed class NodeOptionsTests
{
    [Fact]
    public void Everything_has_a_default()
    {
        var options = Read(new NodeFlags(), ("HOME", "/home/me"));

        Assert.Equal("/home/me/.local/share/runner-actors", options.DataDirectory);
        Assert.Equal("127.0.0.1:4270", options.Listen.ToString());
        Assert.Equal("http://127.0.0.1:4270", options.Listen.Url());
        Assert.Equal(100, options.ProcessLimit);
        Assert.Equal(LogEventLevel.Warning, options.LogLevel);
        Assert.True(options.PauseOnShutdown);
    }

    [Fact]
    public void A_flag_beats_its_variable_which_beats_the_default()
    {
        var options = Read(
            new NodeFlags { [NodeSetting.Data] = "/flag", [NodeSetting.Limit] = "7" },
            ("RUNNER_DATA", "/variable"), ("RUNNER_LIMIT", "8"), ("RUNNER_LISTEN", "[::1]:0"), ("RUNNER_LOG_LEVEL", "Debug"),
            ("RUNNER_ALLOW_HOST", "a.example, B.example"), ("RUNNER_NODE_NAME", "n1"), ("RUNNER_NO_PAUSE_ON_SHUTDOWN", "1"));

        Assert.Equal("/flag", options.DataDirectory);
        Assert.Equal(7, options.ProcessLimit);
        Assert.Equal("[::1]:0", options.Listen.ToString());
        Assert.Equal(LogEventLevel.Debug, options.LogLevel);
        Assert.Equal(["a.example", "b.example"], options.AllowedHosts.ToArray());
        Assert.Equal("n1", options.NodeName);
        Assert.False(options.PauseOnShutdown);
    }

    [Fact]
    public void Every_mistake_is_said_at_once_with_where_it_was_made()
    {
        var (options, mistakes) = Try(
            new NodeFlags { [NodeSetting.Limit] = "0", [NodeSetting.Listen] = "4270" }, ("RUNNER_LOG_LEVEL", "loud"), ("RUNNER_NODE_NAME", "a b"),
            ("RUNNER_NO_PAUSE_ON_SHUTDOWN", "maybe"));

        Assert.Null(options);
        Assert.Equal(
            ["--listen", "--limit", "the variable RUNNER_LOG_LEVEL", "the variable RUNNER_NODE_NAME", "the variable RUNNER_NO_PAUSE_ON_SHUTDOWN"],
            mistakes.Select(m => m.Origin));
        Assert.Contains("from 1 to 100000", mistakes[1].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("100001")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("99999999999999999999")]
    [InlineData("")]
    public void An_absurd_limit_is_refused(string limit) => Assert.Null(Try(new NodeFlags { [NodeSetting.Limit] = limit }).Options);

    [Theory]
    [InlineData("0.0.0.0:80", true)]
    [InlineData("*:80", true)]
    [InlineData("localhost:80", true)]
    [InlineData("[::]:80", true)]
    [InlineData(":80", false)]
    [InlineData("localhost", false)]
    [InlineData("localhost:", false)]
    [InlineData("localhost:70000", false)]
    [InlineData("::1:80", false)]
    [InlineData("1:80", false)]
    [InlineData("some.name:80", false)]
    public void An_address_is_a_host_and_a_port(string text, bool right) => Assert.Equal(right, ListenAddress.TryParse(text, out _));

    [Fact]
    public void A_node_that_listens_everywhere_is_reached_by_loopback()
    {
        Assert.True(ListenAddress.TryParse("0.0.0.0:80", out var any));
        Assert.False(any.IsLoopback);
        Assert.Equal("http://127.0.0.1:80", any.Url());
    }

    private static NodeOptions Read(NodeFlags flags, params (string Name, string Value)[] variables)
    {
        var (options, mistakes) = Try(flags, variables);
        Assert.Empty(mistakes);
        return options!;
    }

    private static (NodeOptions? Options, System.Collections.Immutable.ImmutableArray<OptionMistake> Mistakes) Try(
        NodeFlags flags, params (string Name, string Value)[] variables) =>
        new NodeOptionsReader(name => variables.FirstOrDefault(v => v.Name == name).Value).Read(flags);
}
