using Runner.Hocon;
using Runner.Host.Cluster;
using Runner.Host.Configuration;

namespace Runner.Host.Tests.Cluster;

/// <summary><c>akka { … }</c> of a settings file over the defaults, and on to Akka.NET.</summary>
public sealed class AkkaSettingsTests
{
    private static readonly string Conf = Path.Combine(AppContext.BaseDirectory, "akka.conf");

    public static TheoryData<string> Guards => [.. AkkaGuards.All.Select(g => g.Path)];

    [Fact]
    public void What_a_file_says_goes_over_the_defaults()
    {
        var settings = Over("loglevel = INFO\ncluster { gossip-interval = 5s, roles = [a] }\nsome.new = 1");

        var config = settings.ToConfig();
        Assert.Equal(
            ("INFO", "cluster", TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(100), 1),
            (config.GetString("akka.loglevel"), config.GetString("akka.actor.provider"), config.GetTimeSpan("akka.cluster.gossip-interval"),
                config.GetTimeSpan("akka.cluster.leader-actions-interval"), config.GetInt("akka.some.new")));
        Assert.Equal(["a"], config.GetStringList("akka.cluster.roles"));
        Assert.Equal("text:1", settings.Entries.Single(e => e.Path == "akka.loglevel").From);
        Assert.Equal("text:2", settings.Entries.Single(e => e.Path == "akka.cluster.gossip-interval").From);
        Assert.Equal(NodeSetting.Default, settings.Entries.Single(e => e.Path == "akka.cluster.leader-actions-interval").From);
    }

    [Fact]
    public void What_the_journal_and_the_wire_need_is_listed_too()
    {
        var settings = Over("persistence.max-concurrent-recoveries = 8");

        Assert.Equal(("8", "text:1"), Listed("akka.persistence.max-concurrent-recoveries"));
        Assert.Equal(
            ("Runner.Persistence.Journal.EntityJournal, Runner.Persistence", NodeSetting.Default), Listed("akka.persistence.journal.sql.class"));
        Assert.Equal(("runner-refused", NodeSetting.Default), Listed("akka.actor.serialization-bindings.\"System.Object\""));
        Assert.Equal(
            ("12703", NodeSetting.Default), Listed("akka.actor.serialization-identifiers.\"Runner.Actors.Wire.WireSerializer, Runner.Actors\""));

        (string Value, string From) Listed(string path)
        {
            var entry = settings.Entries.Single(e => e.Path == path);
            return (((HoconScalar)entry.Value).Text, entry.From);
        }
    }

    [Fact]
    public void Null_is_the_default_and_takes_nothing_away()
    {
        var config = Over("cluster = null, loglevel = null, actor.provider = null").ToConfig();
        Assert.Equal(("WARNING", "cluster", "ddata"), (
            config.GetString("akka.loglevel"), config.GetString("akka.actor.provider"), config.GetString("akka.cluster.sharding.state-store-mode")));
    }

    [Fact]
    public void Akka_reads_every_name_and_value_as_it_was_meant()
    {
        const string Text =
            """
            t {
              "/user/a.b/*" = 1, "A.B+C, D" = two, "q\"uo te" = 3, "back\\slash" = 4, "ü#{}" = 5
              text = "${x} # no // comment \"q\" \\ \n end", empty = "", nothing = {}, none = [], list = ["a,b", "c]", 3]
              number = 1e3, negative = -2.5, yes = true, no = off, time = 1500ms, spaced = 10 s, size = 128 KiB
            }
            """;

        var t = Over(Text).ToConfig().GetConfig("akka.t");

        Assert.Equal(1, t.GetInt("\"/user/a.b/*\""));
        Assert.Equal(["/user/a.b/*", "A.B+C, D", "q\"uo te", "back\\slash", "ü#{}"], t.AsEnumerable().Take(5).Select(f => f.Key));
        Assert.Equal("${x} # no // comment \"q\" \\ \n end", t.GetString("text"));
        Assert.Equal(["a,b", "c]", "3"], t.GetStringList("list"));
        Assert.Empty(t.GetStringList("none"));
        Assert.Equal((1000d, -2.5, true, false, ""), (
            t.GetDouble("number"), t.GetDouble("negative"), t.GetBoolean("yes"), t.GetBoolean("no"), t.GetString("empty")));
        Assert.Equal(
            (TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(10), 128L * 1024),
            (t.GetTimeSpan("time"), t.GetTimeSpan("spaced"), t.GetByteSize("size")!.Value));
    }

    [Theory]
    [MemberData(nameof(Guards))]
    public void What_would_undo_a_guarantee_is_refused_with_its_reason(string pattern)
    {
        var guard = AkkaGuards.All.Single(g => g.Path == pattern);
        foreach (var between in (string[])["", "x.", "x.y."])
        {
            var path = pattern.Replace("**.", between, StringComparison.Ordinal).Replace("*", "x", StringComparison.Ordinal);
            var below = path["akka.".Length..];
            foreach (var text in (string[])[$"{below} = 1", $"{below}.further.down = 1", $"\"{below}\" = 1",
                $"\"{below.Replace(".", "\" . \"", StringComparison.Ordinal)}\" {{}}"])
            {
                var mistake = Assert.Single(Mistakes("\n" + text));
                Assert.Equal("text:2", mistake.Origin);
                Assert.Contains(" cannot be set: ", mistake.Message, StringComparison.Ordinal);
                // Another guard may cover it first.
                Assert.Contains(AkkaGuards.All, g => mistake.Message.EndsWith($"{g.Why}. {g.Instead}", StringComparison.Ordinal));
            }
        }

        Assert.All((string[])[guard.Why, guard.Instead], Assert.NotEmpty);
        Assert.EndsWith(".", guard.Instead, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("persistence.journal.plugin = x", "akka.persistence.journal.plugin")]
    [InlineData("persistence.journal.sql.class = x", "akka.persistence.journal.sql.class")]
    [InlineData("persistence { journal { plugin = x } }", "akka.persistence.journal.plugin")]
    [InlineData("\"persistence\" { \"journal\" { \"plugin\" = x } }", "akka.persistence.journal.plugin")]
    [InlineData("\"persistence.journal\" { plugin = x }", "akka.\"persistence.journal\".plugin")]
    [InlineData("\" persistence\".\"jour\"nal.plugin = x", "akka.\" persistence\".journal.plugin")]
    [InlineData("persistence.journal { a { plugin = x } }", "akka.persistence.journal.a.plugin")]
    [InlineData("persistence.query.journal.sql.connection-string = x", "akka.persistence.query.journal.sql.connection-string")]
    [InlineData("persistence.journal-plugin-fallback.replay-filter.mode = off", "akka.persistence.journal-plugin-fallback.replay-filter")]
    [InlineData("actor.serialization-bindings { \"System.Object\" = json }", "akka.actor.serialization-bindings")]
    [InlineData("actor.default-dispatcher.type = PinnedDispatcher", "akka.actor.default-dispatcher.type")]
    [InlineData("io.pinned-dispatcher.type = Dispatcher", "akka.io.pinned-dispatcher.type")]
    [InlineData("actor.deployment { \"/limits\" { router = broadcast-pool } }", "akka.actor.deployment")]
    [InlineData("remote.dot-netty.tcp { transport-class = x, port = 1 }", "akka.remote.dot-netty.tcp.transport-class")]
    [InlineData("cluster.singleton.use-lease = x", "akka.cluster.singleton.use-lease")]
    public void Other_spellings_of_a_guarded_setting_are_refused_too(string text, string path) =>
        Assert.StartsWith($"{path} cannot be set: ", Assert.Single(Mistakes(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("persistence = x")]
    [InlineData("persistence = [x]")]
    [InlineData("cluster.sharding = x")]
    [InlineData("coordinated-shutdown.phases = x")]
    public void A_plain_value_in_place_of_a_group_is_refused(string text) =>
        Assert.EndsWith("expected { … }.", Assert.Single(Mistakes(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_group_in_place_of_a_plain_value_is_refused() =>
        Assert.EndsWith("expected its value and not { … }.", Assert.Single(Mistakes("loglevel.x = 1")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("actor.default-dispatcher { throughput = 10, throughput-deadline-time = 1ms }")]
    [InlineData("actor { ask-timeout = 5s, debug.receive = on, serialize-messages = on }")]
    [InlineData(
        "persistence { max-concurrent-recoveries = 10, journal.sql { parallelism = 2, batch-size = 100, circuit-breaker.call-timeout = 5s } }")]
    [InlineData("cluster { gossip-interval = 1s, roles = [a], sharding { passivate-idle-entity-after = 5m, rebalance-interval = 1s } }")]
    [InlineData("coordinated-shutdown.phases.cluster-exiting.timeout = 5s")]
    [InlineData("scheduler.tick-duration = 20ms, extensions = [x]")]
    [InlineData("persistence-extras.class = x, cluster-journal.plugin = x")]
    public void Every_unguarded_setting_may_be_set(string text) => Assert.Empty(Mistakes(text));

    [Fact]
    public void Every_default_has_a_reason() => Assert.All(
        Paragraphs(File.ReadAllLines(Conf)), paragraph => Assert.Contains(paragraph, line => line.TrimStart().StartsWith('#')));

    [Fact]
    public void The_built_in_settings_are_those_of_akka_conf() => Assert.Equal(HoconLoader.Load(Conf).ToJson(), AkkaSettings.Default.ToJson());

    /// <summary>Runs of lines with settings in them.</summary>
    private static IEnumerable<List<string>> Paragraphs(string[] lines)
    {
        var paragraph = new List<string>();
        foreach (var line in lines.Append(""))
        {
            if (line.Length > 0)
            {
                paragraph.Add(line);
                continue;
            }

            if (paragraph.Any(l => !l.TrimStart().StartsWith('#') && l.Contains('=', StringComparison.Ordinal)))
            {
                yield return paragraph;
            }

            paragraph = [];
        }
    }

    private static AkkaSettings Over(string text)
    {
        var mistakes = new List<OptionMistake>();
        var settings = AkkaSettings.Over(HoconDocument.ParseText(text).Object, mistakes.Add);
        Assert.Empty(mistakes);
        return settings;
    }

    private static List<OptionMistake> Mistakes(string text)
    {
        var mistakes = new List<OptionMistake>();
        AkkaSettings.Over(HoconDocument.ParseText(text).Object, mistakes.Add);
        return mistakes;
    }
}
