using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
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
/// against <see cref="AkkaGuards"/> first. For a node of a cluster <c>hocon/cluster.conf</c> lies between the two, and over all lie
/// <c>hocon/akka-cluster.conf</c> and what <c>runner.cluster</c> says. Akka.NET gets the result as JSON: its own reader of HOCON is older than the
/// specification.
/// </summary>
internal sealed class AkkaSettings
{
    /// <summary>The object that holds them in a file.</summary>
    public const string Section = "akka";

    private const string SeedNodesKey = "cluster.seed-nodes";

    /// <summary>What is built in gives its values this origin, whichever file it is.</summary>
    private const string BuiltIn = "akka.conf";

    /// <summary>What other settings of the node say.</summary>
    private const string ByRunner = "runner.cluster";
    private static readonly Lazy<AkkaSettings> Defaults = new(() => new(ReadBuiltIn("akka.conf")));

    /// <summary>What a node of a cluster has that is told nothing else: over the defaults, and over all.</summary>
    private static readonly Lazy<(HoconObject Under, HoconObject Over)> Cluster = new(() => (
        HoconObject.Merge(Default._section, ReadBuiltIn("cluster.conf")), ReadBuiltIn("akka-cluster.conf")));

    /// <summary>Lies under all of it, and is added with the journal.</summary>
    private static readonly Lazy<HoconObject> Journal = new(() => Read(EntityJournalSetup.Text));

    /// <summary>Lies over all of it, and is added with the wire.</summary>
    private static readonly Lazy<HoconObject> Wire = new(() => Read(WireSetup.Text));

    private readonly HoconObject _section;

    private AkkaSettings(HoconObject section) => _section = section;

    /// <summary>What a node on its own has that is told nothing else.</summary>
    public static AkkaSettings Default => Defaults.Value;

    /// <summary>Every setting that the node sets, those of its journal and its serializers among them, in the order of the files.</summary>
    public IEnumerable<AkkaEntry> Entries => Leaves([Section], HoconObject.Merge(HoconObject.Merge(Journal.Value, _section), Wire.Value)).Select(
        leaf => new AkkaEntry(
            HoconPath.Render(leaf.Path), leaf.Value, leaf.Value.Origin.File switch
            {
                BuiltIn => NodeSetting.Default,
                ByRunner => ByRunner,
                _ => leaf.Value.Origin.FileAndLine,
            }));

    /// <summary>The addresses that a node of a cluster was told to join; empty unless it joins by those.</summary>
    public ImmutableArray<string> SeedNodes { get; private init; } = [];

    /// <summary>A file's section over the defaults of a node on its own.</summary>
    /// <param name="report">Told every setting that may not be set, and every one that is no setting.</param>
    public static AkkaSettings Over(HoconObject section, Action<OptionMistake> report)
    {
        Check(AkkaGuards.All, [Section], section, Default._section, report);
        return new AkkaSettings(HoconObject.Merge(Default._section, WithoutNulls(section)));
    }

    /// <summary>The settings of a node of a cluster.</summary>
    /// <param name="join">Where it was said how the node finds the others.</param>
    /// <param name="section">A file's; null if it has none.</param>
    /// <param name="report">Told every setting that may not be set, and every one that is no setting.</param>
    public static AkkaSettings OfCluster(ClusterOptions cluster, string join, HoconObject? section, Action<OptionMistake> report)
    {
        var (under, over) = Cluster.Value;
        var said = under;
        if (section is not null)
        {
            Check(AkkaGuards.OfCluster, [Section], section, under, report);
            said = HoconObject.Merge(under, WithoutNulls(section));
        }

        var seeds = Seeds(cluster, join, section, report);
        var all = HoconObject.Merge(said, over, Addresses(cluster));
        return new AkkaSettings(HoconObject.Merge(all, DaemonProcesses(all))) { SeedNodes = seeds };
    }

    /// <summary>All of them, as a file would hold them.</summary>
    public string ToJson() => new HoconObject(_section.Origin, [new(Section, _section)]).ToJson();

    /// <summary>What the actor system is made with.</summary>
    public Config ToConfig() => ConfigurationFactory.ParseString(ToJson());

    private static ImmutableArray<string> Seeds(ClusterOptions cluster, string join, HoconObject? section, Action<OptionMistake> report)
    {
        var said = section is not null && section.TryGet(SeedNodesKey, out var value) && value.Kind != HoconKind.Null ? value : null;
        if (cluster.Join != ClusterJoin.SeedNodes)
        {
            if (said is not null)
            {
                report(new(said.Origin.FileAndLine, $"{Section}.{SeedNodesKey} means nothing to a node that "
                    + $"finds the others by {(cluster.Join == ClusterJoin.Kubernetes ? "Kubernetes" : "the database")}. "
                    + $"Leave it out, or set {NodeSetting.ClusterJoin.Path} = seed-nodes."));
            }

            return [];
        }

        ImmutableArray<string> seeds = said is HoconArray list ? [.. list.AsList().Select(s => s.AsString())] : [];
        var scheme = cluster.Tls is null ? "akka.tcp" : ClusterAddress.TlsProtocol;
        var example = $"\"{scheme}://{AkkaComposition.SystemName}@node1.example:4290\"";
        if (seeds.IsEmpty)
        {
            report(new(said?.Origin.FileAndLine ?? join, $"set {Section}.{SeedNodesKey} to the addresses of some nodes, such as [{example}]."));
        }
        else if (seeds.FirstOrDefault(s => !ClusterAddress.IsSeed(s, scheme)) is { } wrong)
        {
            report(new(said!.Origin.FileAndLine, $"'{wrong}' is no address of a node of this cluster; expected one such as {example}."));
        }

        return seeds;
    }

    /// <summary>What <c>runner.cluster</c> says, as Akka.NET has it.</summary>
    private static HoconObject Addresses(ClusterOptions cluster)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("hostname", cluster.Bind);
            json.WriteString("public-hostname", cluster.Name);
            json.WriteNumber("port", cluster.Port);
            json.WriteBoolean("enable-ssl", cluster.Tls is not null);
            json.WriteEndObject();
        }

        var tcp = HoconDocument.ParseText(Encoding.UTF8.GetString(bytes.ToArray()), new HoconOptions { File = ByRunner }).Object;
        return Nested(tcp.Origin, tcp, "remote", "dot-netty", "tcp");
    }

    /// <summary>
    /// The alarm workers' shards are shards like the others. To Akka.NET they are a group of settings of their own, which it has copied from its own
    /// defaults.
    /// </summary>
    private static HoconObject DaemonProcesses(HoconObject all) => Nested(
        all.Origin, all.GetObject("cluster.sharding"), "cluster", "sharded-daemon-process", "sharding");

    private static HoconObject Nested(HoconOrigin origin, HoconObject inner, params ReadOnlySpan<string> path)
    {
        for (var i = path.Length - 1; i >= 0; i--)
        {
            inner = new HoconObject(origin, [new(path[i], inner)]);
        }

        return inner;
    }

    private static HoconObject ReadBuiltIn(string name)
    {
        using var resource = typeof(AkkaSettings).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(resource);
        return Read(reader.ReadToEnd());
    }

    private static HoconObject Read(string builtIn) =>
        HoconDocument.ParseText(builtIn, new HoconOptions { File = BuiltIn }).Object.GetObject(Section);

    private static void Check(
        ImmutableArray<AkkaGuard> guards, ImmutableArray<string> path, HoconObject section, HoconObject? defaults, Action<OptionMistake> report)
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
            if ((Mistake(guards, here, value, known) ?? AkkaReference.Mistake(here, value)) is { } mistake)
            {
                report(new OptionMistake(value.Origin.FileAndLine, $"{HoconPath.Render(here)} {mistake}"));
            }
            else if (value is HoconObject inner)
            {
                Check(guards, here, inner, known as HoconObject, report);
            }
        }
    }

    private static string? Mistake(ImmutableArray<AkkaGuard> guards, ImmutableArray<string> path, HoconValue value, HoconValue? known)
    {
        var plain = Plain(path);
        return guards.FirstOrDefault(g => g.Covers(plain)) is { } guard ? $"cannot be set: {guard.Why}. {guard.Instead}"
            : value is not HoconObject
                && (known is HoconObject || guards.Any(g => g.LiesBelow(plain))) ? "holds other settings; expected { … }."
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
