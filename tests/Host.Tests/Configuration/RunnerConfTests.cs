using Runner.Actors.FlowRunners;
using Runner.Hocon;
using Runner.Host.Configuration;

namespace Runner.Host.Tests.Configuration;

/// <summary>hocon/runner.conf and the code say the same.</summary>
public sealed class RunnerConfTests
{
    private static readonly string Conf = Path.Combine(AppContext.BaseDirectory, "runner.conf");

    [Fact]
    public void It_holds_every_setting_and_no_others() =>
        Assert.Equal(NodeSetting.All.Select(s => s.Key), Settings(HoconLoader.Load(Conf).GetObject(NodeSetting.Section), "").Select(f => f.Key));

    [Fact]
    public void Every_setting_has_the_default_of_the_code()
    {
        var defaults = Read(new NodeFlags());
        var written = Read(new NodeFlags { Config = Conf });

        Assert.All(NodeSetting.All, setting => Assert.Equal(setting.Value(defaults), setting.Value(written)));
    }

    [Fact]
    public void Every_setting_is_explained_with_its_bounds_its_flag_and_its_variables()
    {
        var lines = File.ReadAllLines(Conf);
        Assert.All(Settings(HoconLoader.Load(Conf).GetObject(NodeSetting.Section), ""), field =>
        {
            var setting = NodeSetting.All.Single(s => s.Key == field.Key);
            var comment = string.Join(
                ' ', lines[..(field.Value.Origin.Line - 1)].Reverse().TakeWhile(l => l.TrimStart().StartsWith('#')).Reverse()
                    .Select(l => l.Trim().TrimStart('#').Trim()));
            Assert.StartsWith(setting.Sentence, comment, StringComparison.Ordinal);
            Assert.Contains(setting.Flag?.Name ?? "", comment, StringComparison.Ordinal);
            Assert.Contains(setting.Variable, comment, StringComparison.Ordinal);
            Assert.Contains(setting.Standard ?? "", comment, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Every_property_of_the_options_is_a_setting() =>
        Assert.Equal(NodeSetting.All.Count, Properties(typeof(NodeOptions)).Length - 1 + Properties(typeof(ProgramAttributes)).Length - 1);

    /// <summary>Those of programs are a group of their own, in which two say what one setting does.</summary>
    private static System.Reflection.PropertyInfo[] Properties(Type type) =>
        type.GetProperties(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance);

    private static IEnumerable<(string Key, HoconValue Value)> Settings(HoconObject group, string prefix) => group.Fields.SelectMany(
        f => f.Value is HoconObject inner ? Settings(inner, $"{prefix}{f.Key}.") : [(prefix + f.Key, f.Value)]);

    private static NodeOptions Read(NodeFlags flags)
    {
        var (options, mistakes) = new NodeOptionsReader(name => name == "HOME" ? "/home/me" : null).Read(flags);
        Assert.Empty(mistakes);
        return options!;
    }
}
