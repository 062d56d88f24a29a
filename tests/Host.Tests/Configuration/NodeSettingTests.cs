using System.Collections.Immutable;
using System.CommandLine;
using System.Text.RegularExpressions;
using Runner.Host.Commands;
using Runner.Host.Configuration;

namespace Runner.Host.Tests.Configuration;

/// <summary>Every setting does something, wherever it is set.</summary>
public sealed class NodeSettingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runner-setting-").FullName;

    /// <summary>A value of each that is not its default, as a flag or a variable has it. A new setting needs one.</summary>
    public static TheoryData<string, string> Samples { get; } = new()
    {
        { "data", "/elsewhere" }, { "listen", "127.0.0.1:9" },
        { "api.tls.certificate-file", "/elsewhere" }, { "api.tls.key-file", "/elsewhere" }, { "api.tls.ca-file", "/elsewhere" },
        { "api.allow-plain", "true" }, { "limit", "7" }, { "log-level", "debug" }, { "allow-hosts", "a.example" },
        { "name", "n-1" }, { "labels", "gpu=true,zone=a" },
        { "pause-on-shutdown", "true" }, { "max-pending-commands", "5" }, { "max-followers", "6" }, { "min-free-space", "1MiB" },
        { "env-inherit", "PATH,LC_*" },
        { "user-files-dir", "/elsewhere" }, { "programs.oom-score-adjust", "3" }, { "programs.nice", "-4" }, { "programs.io-class", "idle" },
        { "programs.cpus", "0,1" },
        { "programs.open-files", "1000" }, { "store.kind", "postgresql" }, { "store.connection", "Host=db" }, { "store.password-file", "" },
        { "cluster.join", "database" }, { "cluster.host", "node1" }, { "cluster.port", "0" }, { "cluster.bind-host", "0.0.0.0" },
        { "cluster.tls.certificate-file", "/elsewhere" }, { "cluster.tls.key-file", "/elsewhere" }, { "cluster.tls.ca-file", "/elsewhere" },
        { "cluster.allow-plain", "true" }, { "cluster.fast-downing", "false" },
        { "cluster.secret-file", "" },
        { "retention.keep-for", "2h" }, { "retention.keep-runs", "8" }, { "retention.keep-at-least", "3h" }, { "log-format", "json" },
        { "log-file", "/elsewhere" },
        { "telemetry.otlp.endpoint", "http://collector" }, { "telemetry.otlp.protocol", "http/protobuf" }, { "telemetry.otlp.headers", "a=b" },
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_setting_has_a_sample() => Assert.Equal(NodeSetting.All.Select(s => s.Key), Samples.Select(s => (string)s[0]));

    [Theory]
    [MemberData(nameof(Samples))]
    public void Whatever_sets_it_is_obeyed_and_shown(string key, string sample)
    {
        var setting = NodeSetting.All.Single(s => s.Key == key);
        sample = sample.Length > 0 ? sample : Secret();
        var typed = setting.Flag is null ? new NodeFlags()
            : Typed(setting.Flag.Value.Value is null ? [setting.Flag.Value.Name] : [setting.Flag.Value.Name, sample]);
        List<NodeOptions> set =
        [
            Read(new NodeFlags(), key, (setting.Variable, sample)),
            Read(new NodeFlags { Config = Write($"runner.{key} = {(key == NodeSetting.PauseOnShutdown.Key ? "false" : $"\"{sample}\"")}") }, key),
            .. setting.Standard is null ? Array.Empty<NodeOptions>() : [Read(new NodeFlags(), key, (setting.Standard, sample))],
            .. setting.Flag is null ? Array.Empty<NodeOptions>() : [Read(typed, key)],
        ];

        var without = Shown(setting, Read(new NodeFlags(), ""));
        Assert.All(set, options => Assert.NotEqual(without, Shown(setting, options)));
    }

    [Fact]
    public void A_flag_for_each_label() =>
        Assert.Equal("gpu=true,zone=a", Shown(NodeSetting.Labels, Read(Typed(["--label", "zone=a", "--label", "gpu=true"]), "labels")));

    [Fact]
    public void Everything_that_is_set_is_used_somewhere()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Host"), "*.cs", SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(f) is not ("NodeSetting.cs" or "NodeOptionsReader.cs") && !f.Contains("/obj/", StringComparison.Ordinal))
            .Select(File.ReadAllText).ToList();

        // The store's and the collector's are handed on together.
        Assert.All(
            typeof(NodeOptions).GetProperties().Select(p => p.Name),
            name => Assert.Contains(sources, s => Regex.IsMatch(s, $@"[oO]ptions!?\.{name}\b|new\(.*\b{name}\b.*\);$", RegexOptions.Multiline)));
    }

    private static string Shown(NodeSetting setting, NodeOptions options) =>
        setting.Value(options) switch { ImmutableArray<string> names => string.Join(',', names), var value => $"{value}" };

    private static NodeFlags Typed(string[] args)
    {
        var flags = NodeFlagOptions.OfServe();
        var command = new Command("serve");
        flags.AddTo(command);
        var parsed = command.Parse(args);
        Assert.Empty(parsed.Errors);
        return flags.Read(parsed);
    }

    /// <summary>With what has to be set beside it.</summary>
    private static NodeOptions Read(NodeFlags flags, string key, params (string Name, string Value)[] variables)
    {
        (string Name, string Value)[] beside = key switch
        {
            "store.kind" => [("RUNNER_STORE_CONNECTION", "Host=db")],
            "store.connection" => [("RUNNER_STORE_KIND", "postgresql")],
            "store.password-file" => [("RUNNER_STORE_KIND", "postgresql"), ("RUNNER_STORE_CONNECTION", "Host=db")],
            "cluster.join" => [("RUNNER_STORE_KIND", "postgresql"), ("RUNNER_STORE_CONNECTION", "Host=db")],
            "api.tls.certificate-file" => [("RUNNER_API_TLS_KEY_FILE", "/k")],
            "api.tls.key-file" => [("RUNNER_API_TLS_CERTIFICATE_FILE", "/c")],
            "cluster.tls.certificate-file" => [("RUNNER_CLUSTER_TLS_KEY_FILE", "/k"), ("RUNNER_CLUSTER_TLS_CA_FILE", "/a")],
            "cluster.tls.key-file" => [("RUNNER_CLUSTER_TLS_CERTIFICATE_FILE", "/c"), ("RUNNER_CLUSTER_TLS_CA_FILE", "/a")],
            "cluster.tls.ca-file" => [("RUNNER_CLUSTER_TLS_CERTIFICATE_FILE", "/c"), ("RUNNER_CLUSTER_TLS_KEY_FILE", "/k")],
            _ => [],
        };
        var (options, mistakes) = new NodeOptionsReader(name => variables.Concat(beside).FirstOrDefault(v => v.Name == name).Value).Read(flags);
        Assert.Empty(mistakes);
        return options!;
    }

    private string Write(string text)
    {
        var file = Path.Combine(_folder, "node.conf");
        File.WriteAllText(file, text);
        return file;
    }

    private string Secret()
    {
        var file = Path.Combine(_folder, "password");
        File.WriteAllText(file, "secret-of-at-least-32-bytes-in-one-line");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
        }

        return file;
    }
}
