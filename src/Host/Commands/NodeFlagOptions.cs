using System.CommandLine;
using Runner.Host.Configuration;

namespace Runner.Host.Commands;

/// <summary>Flags of settings. They are texts here; <see cref="NodeOptionsReader"/> reads them.</summary>
internal sealed class NodeFlagOptions
{
    private readonly Option<string?> _config =
        new("--config") { HelpName = "FILE", Description = "Settings in HOCON; variables and flags go before them. See docs/configuration.md." };

    private readonly Dictionary<NodeSetting, Option> _options;

    private NodeFlagOptions(IEnumerable<NodeSetting> settings) => _options = settings.ToDictionary(s => s, Option);

    private static Option Option(NodeSetting setting) => (setting.Kind, setting.Flag!.Value) switch
    {
        // Each time one more.
        (SettingKind.Labels, var (name, value)) => new Option<string[]>(name) { HelpName = value, Description = setting.Help },
        (_, (var name, null)) => new Option<bool>(name) { Description = setting.Help },
        (_, var (name, value)) => new Option<string?>(name) { HelpName = value, Description = setting.Help },
    };

    public static NodeFlagOptions OfServe() => new(NodeSetting.All.Where(s => s.Flag is not null));

    /// <summary>A node without files has no schedules to pause.</summary>
    public static NodeFlagOptions OfNode() => new(NodeSetting.All.Where(s => s.Flag is not null && s != NodeSetting.PauseOnShutdown));

    /// <summary>What finds the store of a node that does not run.</summary>
    public static NodeFlagOptions OfStore() =>
        new([NodeSetting.Data, NodeSetting.StoreKind, NodeSetting.StoreConnection, NodeSetting.StorePasswordFile]);

    public Option<string?> Data => (Option<string?>)_options[NodeSetting.Data];

    public void AddTo(Command command)
    {
        command.Add(_config);
        foreach (var option in _options.Values)
        {
            command.Add(option);
        }
    }

    public NodeFlags Read(ParseResult parsed)
    {
        var flags = new NodeFlags { Config = parsed.GetValue(_config) };
        foreach (var (setting, option) in _options)
        {
            flags[setting] = option switch
            {
                Option<bool> truth => parsed.GetValue(truth) ? "true" : null,
                Option<string[]> several => parsed.GetValue(several) is { Length: > 0 } all ? string.Join(',', all) : null,
                _ => parsed.GetValue((Option<string?>)option),
            };
        }

        return flags;
    }
}
