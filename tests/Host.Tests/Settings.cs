using Runner.Host.Configuration;

namespace Runner.Host.Tests;

/// <summary>Settings of a node of a test.</summary>
internal static class Settings
{
    /// <summary>The defaults, of a node that listens wherever there is room.</summary>
    public static NodeOptions Of(string data)
    {
        var (options, mistakes) = new NodeOptionsReader(_ => null).Read(
            new NodeFlags
            {
                [NodeSetting.Data] = data, [NodeSetting.Listen] = "127.0.0.1:0", [NodeSetting.Name] = "node-1", [NodeSetting.PauseOnShutdown] = "true"
            });
        Assert.Empty(mistakes);
        return options!;
    }
}
