using System.Collections.Immutable;
using Akka.Configuration;
using Runner.Actors.Wire;
using Runner.Hocon;
using Runner.Host.Configuration;
using Runner.Persistence.Journal;

namespace Runner.Host.Cluster;

/// <summary>One setting of Akka.NET with its value.</summary>
/// <param name="Path">As it is written in a file.</param>
/// <param name="From"><c>FILE:LINE</c>, or <c>default</c>.</param>
internal sealed record AkkaEntry(string Path, HoconValue Value, string From);

/// <summary>
/// The settings of Akka.NET: those of <c>hocon/akka.conf</c>, which is built in, and over them <c>akka { … }</c> of a settings file, which is held
/// against <see cref="AkkaGuards"/> first. Akka.NET gets the result as JSON: its own reader of HOCON is older than the specification.
/// </summary>
internal sealed class AkkaSettings
{
    /// <summary>The object that holds them in a file.</summary>
    public const string Section = "akka";

    /// <summary>What is built in gives its values this origin, whichever file it is.</summary>
    private const string BuiltIn = "akka.conf";
    private static readonly Lazy<AkkaSettings> Defaults = new(() => new(ReadBuiltIn()));

    /// <summary>Lies under all of it, and is added with the journal.</summary>
    private static readonly Lazy<HoconObject> Journal = new(() => Read(EntityJournalSetup.Text));

    /// <summary>Lies over all of it, and is added with the wire.</summary>
    private static readonly Lazy<HoconObject> Wire = new(() => Read(WireSetup.Text));

    private readonly HoconObject _section;

    private AkkaSettings(HoconObject section) => _section = section;

    /// <summary>What a node has that is told nothing else.</summary>
    public static AkkaSettings Default => Defaults.Value;

    /// <summary>Every setting that the node sets, those of its journal and its serializers among them, in the order of the files.</summary>
    public IEnumerable<AkkaEntry> Entries => Leaves([Section], HoconObject.Merge(HoconObject.Merge(Journal.Value, _section), Wire.Value)).Select(
        leaf => new AkkaEntry(
            HoconPath.Render(leaf.Path), leaf.Value, leaf.Value.Origin.File == BuiltIn ? NodeSetting.Default : leaf.Value.Origin.FileAndLine));

    /// <summary>A file's section over the defaults.</summary>
    /// <param name="report">Told every setting that may not be set, and every one that is no setting.</param>
    public static AkkaSettings Over(HoconObject section, Action<OptionMistake> report)
    {
        Check([Section], section, Default._section, report);
        return new AkkaSettings(HoconObject.Merge(Default._section, WithoutNulls(section)));
    }

    /// <summary>All of them, as a file would hold them.</summary>
    public string ToJson() => new HoconObject(_section.Origin, [new(Section, _section)]).ToJson();

    /// <summary>What the actor system is made with.</summary>
    public Config ToConfig() => ConfigurationFactory.ParseString(ToJson());

    private static HoconObject ReadBuiltIn()
    {
        using var resource = typeof(AkkaSettings).Assembly.GetManifestResourceStream(BuiltIn)!;
        using var reader = new StreamReader(resource);
        return Read(reader.ReadToEnd());
    }

    private static HoconObject Read(string builtIn) =>
        HoconDocument.ParseText(builtIn, new HoconOptions { File = BuiltIn }).Object.GetObject(Section);

    private static void Check(ImmutableArray<string> path, HoconObject section, HoconObject? defaults, Action<OptionMistake> report)
    {
        foreach (var (key, value) in section.Fields)
        {
            // Null is «not set», and takes nothing away.
            if (value.Kind == HoconKind.Null)
            {
                continue;
            }

            var here = path.Add(key);
            var known = defaults is not null && defaults.TryGetField(key, out var found) ? found : null;
            if (Mistake(here, value, known) is { } mistake)
            {
                report(new OptionMistake(value.Origin.FileAndLine, $"{HoconPath.Render(here)} {mistake}"));
            }
            else if (value is HoconObject inner)
            {
                Check(here, inner, known as HoconObject, report);
            }
        }
    }

    private static string? Mistake(ImmutableArray<string> path, HoconValue value, HoconValue? known)
    {
        var plain = Plain(path);
        return AkkaGuards.All.FirstOrDefault(g => g.Covers(plain)) is { } guard ? $"cannot be set: {guard.Why}. {guard.Instead}"
            : value is not HoconObject
                && (known is HoconObject || AkkaGuards.All.Any(g => g.LiesBelow(plain))) ? "holds other settings; expected { … }."
            : value is HoconObject && known is HoconScalar or HoconArray ? "is one setting; expected its value and not { … }."
            : null;
    }

    /// <summary>
    /// The names as whoever wrote them may have meant them: <c>"a.b"</c> in quotes is one name to the specification, but not to every reader of it,
    /// so it is held against the guards as two.
    /// </summary>
    private static ImmutableArray<string> Plain(ImmutableArray<string> path) =>
        [.. path.SelectMany(name => name.Split('.')).Select(name => name.Replace("\"", "", StringComparison.Ordinal).Trim())];

    private static HoconObject WithoutNulls(HoconObject section) => new(
        section.Origin,
        section.Fields.Where(f => f.Value.Kind != HoconKind.Null)
            .Select(f => new KeyValuePair<string, HoconValue>(f.Key, f.Value is HoconObject inner ? WithoutNulls(inner) : f.Value)));

    private static IEnumerable<(ImmutableArray<string> Path, HoconValue Value)> Leaves(ImmutableArray<string> path, HoconObject section) =>
        section.Fields.SelectMany(
            f => f.Value is HoconObject { Fields.Count: > 0 } inner ? Leaves(path.Add(f.Key), inner) : [(path.Add(f.Key), f.Value)]);
}
