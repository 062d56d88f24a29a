using System.Collections.Immutable;
using Runner.Host.Configuration;
using Serilog.Events;

namespace Runner.Host.Tests.Configuration;

public sealed class ConfigFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runner-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_sets_everything()
    {
        var file = Write(
            """
            runner {
              data = store
              listen = "0.0.0.0:81", limit = 7, log-level = Debug
              allow-hosts = [a.example, B.example], name = n1, pause-on-shutdown = off
            }
            """);

        var (options, reader) = Read(new NodeFlags { Config = file });

        Assert.Equal(
            (Path.Combine(_folder, "store"), "0.0.0.0:81", 7, LogEventLevel.Debug, "n1", false),
            (options.DataDirectory, options.Listen.ToString(), options.ProcessLimit, options.LogLevel, options.NodeName, options.PauseOnShutdown));
        Assert.Equal(["a.example", "b.example"], options.AllowedHosts.ToArray());
        Assert.Equal($"{file}:3", reader.OriginOf(NodeSetting.Limit));
        Assert.Equal($"{file}:4", reader.OriginOf(NodeSetting.PauseOnShutdown));
    }

    [Fact]
    public void A_flag_beats_a_variable_which_beats_the_file_which_beats_the_default()
    {
        var file = Write("runner { limit = 7, listen = \"127.0.0.1:1\", name = file, pause-on-shutdown = no }");

        var (options, reader) = Read(
            new NodeFlags { [NodeSetting.Limit] = "9", Config = file }, ("RUNNER_LIMIT", "8"), ("RUNNER_NODE_NAME", "variable"),
            ("RUNNER_NO_PAUSE_ON_SHUTDOWN", "false"));

        Assert.Equal(
            (9, "127.0.0.1:1", "variable", true), (options.ProcessLimit, options.Listen.ToString(), options.NodeName, options.PauseOnShutdown));
        Assert.Equal(
            [("listen", $"{file}:1"), ("limit", "--limit"), ("name", "the variable RUNNER_NODE_NAME"), (
                "pause-on-shutdown", "the variable RUNNER_NO_PAUSE_ON_SHUTDOWN")],
            NodeSetting.All.Select(s => (s.Key, Origin: reader.OriginOf(s))).Where(s => s.Origin != NodeSetting.Default));
    }

    [Fact]
    public void Retention_is_written_as_durations_and_numbers_or_as_the_words_for_no_bound()
    {
        var (options, reader) = Read(
            new NodeFlags { Config = Write("runner.retention { keep-for = 7 days, keep-runs = 500 }") }, ("RUNNER_RETENTION_KEEP_AT_LEAST", "2h"));
        Assert.Equal(
            (TimeSpan.FromDays(7), 500L, TimeSpan.FromHours(2)), (options.RetentionKeepFor, options.RetentionKeepRuns, options.RetentionKeepAtLeast));
        Assert.Equal("the variable RUNNER_RETENTION_KEEP_AT_LEAST", reader.OriginOf(NodeSetting.RetentionKeepAtLeast));

        var (unbounded, _) = Read(
            new NodeFlags { Config = Write("runner.retention { keep-for = forever, keep-runs = 5 }") }, ("RUNNER_RETENTION_KEEP_RUNS", "all"));
        Assert.Equal((null, null), (unbounded.RetentionKeepFor, unbounded.RetentionKeepRuns));
    }

    [Fact]
    public void A_flag_says_no_where_the_file_says_yes() =>
        Assert.False(
            Read(new NodeFlags { [NodeSetting.PauseOnShutdown] = "true", Config = Write("runner.pause-on-shutdown = yes") }).Options.PauseOnShutdown);

    [Fact]
    public void Null_is_the_default() =>
        Assert.Equal(100, Read(new NodeFlags { Config = Write("runner { limit = 5 }\nrunner.limit = null") }).Options.ProcessLimit);

    [Fact]
    public void Substitutions_take_the_environment_and_includes_are_followed()
    {
        File.WriteAllText(Path.Combine(_folder, "base.conf"), "runner.limit = 3\nrunner.data = here");
        Directory.CreateDirectory(Path.Combine(_folder, "sub"));
        var file = Write("include \"../base\"\nrunner.name = node-${ID}\nrunner.allow-hosts = ${?HOSTS}", "sub/node.conf");

        var (options, reader) = Read(new NodeFlags { Config = file }, ("ID", "4"), ("HOSTS", "a,b"));

        Assert.Equal((3, "node-4", Path.Combine(_folder, "here")), (options.ProcessLimit, options.NodeName, options.DataDirectory));
        Assert.Equal(["a", "b"], options.AllowedHosts.ToArray());
        Assert.Equal($"{Path.Combine(_folder, "base.conf")}:1", reader.OriginOf(NodeSetting.Limit));
    }

    [Fact]
    public void Labels_are_a_mapping_in_a_file_and_a_list_of_pairs_elsewhere()
    {
        var file = Write(
            """
            runner.labels { gpu = true, zone = "a b", kubernetes.io/arch = amd64, cores = 8, old = x, none = "" }
            runner.labels.old = null
            """);
        var (options, reader) = Read(new NodeFlags { Config = file });
        Assert.Equal(
            ["cores=8", "gpu=true", "kubernetes.io/arch=amd64", "none=", "zone=a b"], options.Labels.Select(label => $"{label.Key}={label.Value}"));
        Assert.StartsWith($"{file}:", reader.OriginOf(NodeSetting.Labels), StringComparison.Ordinal);
        Assert.Equal("b", Assert.Single(Read(new NodeFlags { Config = file }, ("RUNNER_LABELS", "zone=b")).Options.Labels).Value);
        Assert.Empty(Read(new NodeFlags { Config = Write("runner.labels {}") }).Options.Labels);
    }

    [Theory]
    [InlineData("runner.labels { zone = \"a,b\" }", "runner.labels: a label's value has no commas")]
    [InlineData(
        "runner.labels { \"a b\" = c }", "'a b=c' is no label; expected the name of a label: 1 to 63 letters, digits, '-', '_', '.' and '/'.")]
    [InlineData("runner.labels = gpu", "'gpu' is no label; expected NAME=VALUE.")]
    [InlineData("runner.labels = \"a=b,a=c\"", "the label 'a' is there twice; a label has one value.")]
    [InlineData("runner.labels { zone = [a] }", "runner.labels: ")]
    [InlineData("runner.labels = [a]", "runner.labels: ")]
    public void A_label_that_there_cannot_be_is_said(string text, string message)
    {
        var file = Write(text);
        var mistake = Assert.Single(Mistakes(new NodeFlags { Config = file }));
        Assert.StartsWith($"{file}:1: {message}", mistake.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_at_most_32_labels()
    {
        static string Some(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $"l{i}=x"));
        Assert.Equal(32, Read(new NodeFlags { [NodeSetting.Labels] = Some(32) }).Options.Labels.Count);
        var mistake = Assert.Single(Mistakes(new NodeFlags { [NodeSetting.Labels] = Some(33) }));
        Assert.Equal("--label: there are 33 labels; at most 32 are possible.", mistake.ToString());
    }

    [Fact]
    public void Every_mistake_is_said_at_once_with_its_line()
    {
        var file = Write(
            """
            runner {
              limt = 5
              limit = 1.5
              listen = nowhere
              allow-hosts = [[a]]
              pause-on-shutdown = maybe
              unheard-of = 1
            }
            runer { limit = 1 }
            """);

        var mistakes = Mistakes(new NodeFlags { [NodeSetting.LogLevel] = "loud", Config = file });

        Assert.Equal(
            [$"{file}:2", $"{file}:3", $"{file}:5", $"{file}:6", $"{file}:7", $"{file}:9", $"{file}:4", "--log-level"],
            mistakes.Select(m => m.Origin));
        Assert.Contains("did you mean runner.limit?", mistakes[0].Message, StringComparison.Ordinal);
        Assert.Contains("whole number", mistakes[1].Message, StringComparison.Ordinal);
        Assert.Contains("expected one of data, listen", mistakes[4].Message, StringComparison.Ordinal);
        Assert.Contains("did you mean runner?", mistakes[5].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runner {\n limit = 5\n", 3)]
    [InlineData("runner.limit = ${nowhere}", 1)]
    [InlineData("\nrunner = 5", 2)]
    [InlineData("[1]", 1)]
    public void A_file_that_is_no_hocon_or_has_no_settings_is_said_with_its_line(string text, int line)
    {
        var file = Write(text);
        var mistake = Assert.Single(Mistakes(new NodeFlags { Config = file }));
        Assert.StartsWith($"{file}:{line}:", mistake.Origin, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_has_to_be_there()
    {
        Assert.Contains(
            "no such file", Assert.Single(Mistakes(new NodeFlags { Config = Path.Combine(_folder, "no.conf") })).Message, StringComparison.Ordinal);
        Assert.Equal("--config", Assert.Single(Mistakes(new NodeFlags { Config = " " })).Origin);
    }

    private static (NodeOptions Options, NodeOptionsReader Reader) Read(NodeFlags flags, params (string Name, string Value)[] variables)
    {
        var (reader, options, mistakes) = Try(flags, variables);
        Assert.Empty(mistakes);
        return (options!, reader);
    }

    private static ImmutableArray<OptionMistake> Mistakes(NodeFlags flags)
    {
        var (_, options, mistakes) = Try(flags);
        Assert.Null(options);
        return mistakes;
    }

    private static (NodeOptionsReader Reader, NodeOptions? Options, ImmutableArray<OptionMistake> Mistakes) Try(
        NodeFlags flags, params (string Name, string Value)[] variables)
    {
        var reader = new NodeOptionsReader(name => variables.FirstOrDefault(v => v.Name == name).Value);
        var (options, mistakes) = reader.Read(flags);
        return (reader, options, mistakes);
    }

    private string Write(string text, string name = "node.conf")
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
