using System.Globalization;
using Runner.Hocon;
using Runner.Host.Cluster;
using Runner.Messages;

namespace Runner.Host.Configuration;

/// <summary>A settings file in HOCON. The one type between a node's settings and the parser, which is not loaded unless a file is named.</summary>
internal sealed class NodeConfigFile
{
    private readonly Dictionary<string, (string Text, string Origin)> _values = [];

    /// <summary>What it says of Akka.NET, as it stands there; null if nothing.</summary>
    private HoconObject? _akka;

    private NodeConfigFile()
    {
    }

    /// <summary>Reads a file; what is wrong with it is reported, and the rest is read all the same.</summary>
    /// <param name="variable">What substitutions fall back to.</param>
    public static NodeConfigFile Read(string path, Func<string, string?> variable, Action<OptionMistake> report)
    {
        var file = new NodeConfigFile();
        if (string.IsNullOrWhiteSpace(path))
        {
            report(new OptionMistake("--config", "expected a file."));
            return file;
        }

        try
        {
            file.Take(HoconLoader.Load(path, environment: variable), report);
        }
        catch (HoconException e)
        {
            report(new OptionMistake(e.Origin.ToString(), e.Text));
        }

        return file;
    }

    /// <summary>A setting as text, as a flag would say it; null if the file does not set it.</summary>
    /// <returns>With <c>file:line</c>.</returns>
    public (string Text, string Origin)? Find(NodeSetting setting) => _values.TryGetValue(setting.Key, out var said) ? said : null;

    /// <summary>The settings of Akka.NET: those of the file, if there is one, over the defaults; null if nobody says any.</summary>
    /// <param name="join">Where it was said how the node finds the others.</param>
    public static AkkaSettings? AkkaOf(NodeConfigFile? file, ClusterOptions cluster, string join, Action<OptionMistake> report) =>
        cluster.IsCluster ? AkkaSettings.OfCluster(cluster, join, file?._akka, report)
        : file?._akka is { } section ? AkkaSettings.Over(section, report)
        : null;

    private void Take(HoconObject root, Action<OptionMistake> report)
    {
        foreach (var (key, value) in root.Fields)
        {
            switch (key)
            {
                case NodeSetting.Section:
                    TakeGroup("", value.AsObject(), report);
                    break;
                case AkkaSettings.Section:
                    _akka = value.AsObject();
                    break;
                default:
                    report(Unknown(
                        value, key, [NodeSetting.Section, AkkaSettings.Section],
                        "settings stand in runner { … }, and those of Akka.NET in akka { … }"));
                    break;
            }
        }
    }

    private void TakeGroup(string prefix, HoconObject group, Action<OptionMistake> report)
    {
        foreach (var (name, value) in group.Fields)
        {
            var key = prefix + name;
            if (value is HoconObject inner && NodeSetting.All.Any(s => s.Key.StartsWith(key + ".", StringComparison.Ordinal)))
            {
                TakeGroup(key + ".", inner, report);
            }
            else
            {
                TakeSetting(key, value, report);
            }
        }
    }

    private void TakeSetting(string key, HoconValue value, Action<OptionMistake> report)
    {
        if (NodeSetting.All.FirstOrDefault(s => s.Key == key) is not { } setting)
        {
            report(Unknown(
                value, $"{NodeSetting.Section}.{key}", NodeSetting.All.Select(s => s.Path),
                $"expected one of {string.Join(", ", NodeSetting.All.Select(s => s.Key))}"));
            return;
        }

        // Null undoes what an included file says: the default.
        if (value.Kind == HoconKind.Null)
        {
            return;
        }

        try
        {
            _values[key] = (TextOf(setting, value), value.Origin.FileAndLine);
        }
        catch (HoconException e)
        {
            report(new OptionMistake(value.Origin.FileAndLine, $"{setting.Path}: {e.Text}"));
        }
    }

    /// <summary>A name with dots is one label, though to HOCON it is a path.</summary>
    private static IEnumerable<string> LabelsOf(HoconObject group, string prefix) =>
        group.Fields.Where(field => field.Value.Kind != HoconKind.Null).SelectMany(field => field.Value is HoconObject inner
            ? LabelsOf(inner, $"{prefix}{field.Key}.") : [$"{prefix}{field.Key}={Label(field.Value)}"]);

    private static string Label(HoconValue value) => value.AsString() is var text && text.Contains(',', StringComparison.Ordinal)
        ? throw new HoconException(value.Origin, "a label's value has no commas") : text;

    private static OptionMistake Unknown(HoconValue value, string path, IEnumerable<string> known, string otherwise) =>
        new(value.Origin.FileAndLine, $"{path} is no setting; {(Nearest.To(path, known) is { } near ? $"did you mean {near}?" : $"{otherwise}.")}");

    private static string TextOf(NodeSetting setting, HoconValue value) => setting.Kind switch
    {
        SettingKind.Whole => value.AsLong().ToString(CultureInfo.InvariantCulture),
        SettingKind.Truth => value.AsBoolean() ? "true" : "false",
        // A variable of the environment is one string; it has commas, as the flag has.
        SettingKind.Names => value is HoconScalar ? value.AsString()
            : string.Join(',', value is HoconObject { Fields.Count: 0 } ? [] : value.AsList().Select(v => v.AsString())),
        SettingKind.Labels => value is HoconScalar ? value.AsString() : string.Join(',', LabelsOf(value.AsObject(), "")),
        SettingKind.Duration => value.AsString() is var text && (text == NodeSetting.Forever || DurationText.TryParse(text, out _)) ? text
            : DurationText.Format(value.AsDuration()),
        SettingKind.Size => value.AsSize().ToString(CultureInfo.InvariantCulture),
        SettingKind.Path when value.Origin.Line > 0 && !string.IsNullOrWhiteSpace(value.AsString()) =>
            Path.GetFullPath(value.AsString(), Path.GetDirectoryName(Path.GetFullPath(value.Origin.File))!),
        SettingKind.Path or SettingKind.Text => value.AsString(),
    };
}
