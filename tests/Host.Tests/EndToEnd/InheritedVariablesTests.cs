using System.Collections.Immutable;
using System.Text;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>What a program finds in its environment, with the real program.</summary>
public sealed class InheritedVariablesTests : IDisposable
{
    private static readonly string[] NodesOwn =
    [
        "OTEL_EXPORTER_OTLP_HEADERS=authorization=secret", "INVOCATION_ID=1", "JOURNAL_STREAM=8:1", "LISTEN_FDS=1", "LISTEN_PID=1",
        "LISTEN_FDNAMES=a",
        "WATCHDOG_PID=1", "CREDENTIALS_DIRECTORY=/run/credentials", "RUNNER_MAX_FOLLOWERS=10", "RUNNER_TELEMETRY_OTLP_HEADERS=x=y",
    ];

    private readonly string _root = Directory.CreateTempSubdirectory("runner-variables-").FullName;

    private string Data => Path.Combine(_root, "data");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task B45_what_was_given_to_the_node_is_not_given_to_its_programs()
    {
        var settings = Path.Combine(_root, "node.conf");
        await File.WriteAllTextAsync(settings, "runner.telemetry.otlp.headers = \"authorization=\"${NODE_SECRET}");
        var found = await VariablesAsync(
            ["env", .. NodesOwn.Where(v => !v.StartsWith("RUNNER_TELEMETRY", StringComparison.Ordinal)), "NODE_SECRET=s3cr3t", "MINE=1", "LC_TEST=2"],
            Spec("b/env"), "--config", settings);
        Assert.All(NodesOwn, v => Assert.DoesNotContain(v.Split('=')[0], (IEnumerable<string>)found.Keys));
        Assert.DoesNotContain("NODE_SECRET", (IEnumerable<string>)found.Keys);
        Assert.Equal(("1", "2"), (found["MINE"], found["LC_TEST"]));

        // What is documented for programs.
        Assert.Equal(
            [
                "RUNNER_API_URL", "RUNNER_ATTEMPT", "RUNNER_DEPLOYMENT", "RUNNER_PARAMETERS", "RUNNER_RESULT_FILE", "RUNNER_RUN_ID",
                "RUNNER_SCHEDULED_TIME", "RUNNER_TOKEN"
            ],
            found.Keys.Where(n => n.StartsWith("RUNNER_", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task B45_the_node_says_what_else_programs_inherit_and_a_deployment_goes_before_it()
    {
        string[] host = ["env", "RUNNER_ENV_INHERIT=PATH,LC_*", "MINE=1", "LC_TEST=2", "OTHER=3", "OTEL_X=4"];
        var ofNode = await VariablesAsync(host, Spec("b/env"));
        Assert.Equal((true, true, false, false), (
            ofNode.ContainsKey("PATH"), ofNode.ContainsKey("LC_TEST"), ofNode.ContainsKey("MINE"), ofNode.ContainsKey("OTHER")));
        var own = await VariablesAsync(
            host,
            Spec("b/env") with { EnvInherit = ["MINE", "OTEL_X"], Env = ImmutableSortedDictionary<string, EnvValue?>.Empty.Add("GREETING", "hi") });
        Assert.Equal((false, false, true, false, "hi"), (
            own.ContainsKey("PATH"), own.ContainsKey("LC_TEST"), own.ContainsKey("MINE"), own.ContainsKey("OTEL_X"), own["GREETING"]));
        var none = await VariablesAsync(host, Spec("b/env") with { EnvInherit = ImmutableArray<string>.Empty });
        Assert.All(none.Keys, n => Assert.StartsWith("RUNNER_", n, StringComparison.Ordinal));
    }

    /// <summary>What a program of that deployment finds, on a node started below that host.</summary>
    private async Task<Dictionary<string, string>> VariablesAsync(string[] host, DeploymentSpec spec, params string[] arguments)
    {
        using var node = RunnerProgram.StartWith([.. host, "dotnet"], Data, ["node", "--listen", "127.0.0.1:0", .. arguments]);
        await node.ListensAsync();
        using var client = node.Client();
        await client.RegisterAsync([spec]);
        var run = (await client.SubmitAsync(new SubmitRun(spec.Name))).Id;
        Assert.Equal("Completed", await Waiting.UntilAsync(client, run.ToString(), null));
        using var output = new MemoryStream();
        await client.CopyLogAsync(run, LogStream.Stdout, output);
        node.Signal("TERM");
        await node.EndsAsync();
        return Encoding.UTF8.GetString(output.ToArray()).Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(l => l.Split('=')[0], l => l[(l.IndexOf('=', StringComparison.Ordinal) + 1)..], StringComparer.Ordinal);
    }

    private DeploymentSpec Spec(string name) => new() { Name = name, Command = ["/usr/bin/env", "-0"], Workdir = _root };
}
