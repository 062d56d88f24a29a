using System.Net;
using System.Net.Sockets;
using Runner.Host.Configuration;
using Runner.Host.Tests.EndToEnd;
using Runner.Messages.Deployments;

namespace Runner.Host.Tests.Telemetry;

/// <summary>Metrics and traces as a collector receives them.</summary>
public sealed class OtlpTests
{
    [Fact]
    public async Task A_collector_gets_the_metrics_and_each_run_as_one_trace_whose_id_is_the_runs()
    {
        await using var collector = await Collector.StartAsync();
        await using var node = await TelemetryNode.StartAsync(
            $"telemetry.otlp {{ endpoint = \"{collector.Url}\", protocol = http/protobuf, headers = \"x-key=open-sesame\" }}");
        await using var other = await TelemetryNode.StartAsync();
        var works = await node.RunAsync(node.Shell("a/works", "exit 0"));
        var fails = await node.RunAsync(
            node.Shell("a/fails", "exit 3") with { Retries = new RetrySpec { Count = 1, Delay = TimeSpan.FromMilliseconds(20) } });
        await other.RunAsync(other.Shell("a/other", "exit 0"));
        await node.StopAsync();

        Assert.Contains("runner.runs.ended", collector.MetricNames);
        Assert.Contains("runner.store.commit.duration", collector.MetricNames);
        Assert.All(collector.Keys, key => Assert.Equal("open-sesame", key));
        Assert.All(collector.Resources, resource =>
        {
            Assert.Equal("runner", resource["service.name"]);
            Assert.Equal("node-1", resource["service.instance.id"]);
            Assert.NotEmpty(resource["service.version"]);
        });

        var spans = collector.Spans.ToLookup(s => s.Trace);
        Assert.Equal(new[] { works.Id.ToString("N"), fails.Id.ToString("N") }.Order(), spans.Select(t => t.Key).Order());
        Assert.Equal(["attempt", "run", "wait"], spans[works.Id.ToString("N")].Select(s => s.Name).Order());
        var retried = spans[fails.Id.ToString("N")].ToArray();
        Assert.Equal(["attempt", "attempt", "retry-delay", "run", "wait", "wait"], retried.Select(s => s.Name).Order());

        var root = retried.Single(s => s.Name == "run");
        Assert.Equal("", root.Parent);
        Assert.Equal("a/fails", root.Attributes["runner.deployment"]);
        Assert.Equal("Failed", root.Attributes["runner.state"]);
        Assert.Equal("3", root.Attributes["process.exit.code"]);
        Assert.Equal("2", root.Attributes["runner.attempts"]);
        Assert.Equal(Nanoseconds(fails.Ended!.Value), root.End);
        Assert.Equal(Nanoseconds(fails.Due), root.Start);
        Assert.All(retried.Where(s => s != root), child =>
        {
            Assert.Equal(root.Id, child.Parent);
            Assert.InRange(child.Start, root.Start, root.End);
            Assert.True(child.End >= child.Start);
        });
    }

    [Fact]
    public async Task A_collector_that_is_not_there_is_said_once_and_harms_nothing()
    {
        await using var node = await TelemetryNode.StartAsync(
            $"telemetry.otlp {{ endpoint = \"http://127.0.0.1:{ClosedPort()}\", protocol = http/protobuf }}");
        var view = await node.RunAsync(node.Shell("a/works", "exit 0"));

        var log = await node.StopAsync();

        Assert.Equal("Completed", view.State.Name);
        Assert.Single(log, l => l.GetProperty("template").GetString()!.StartsWith("The collector", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_node_that_exports_nothing_loads_nothing_to_do_it_with()
    {
        var data = Directory.CreateTempSubdirectory("runner-telemetry-");
        using var node = await RunnerProgram.StartNodeAsync(data.FullName);

        var loaded = await File.ReadAllTextAsync($"/proc/{node.Process.Id}/maps");
        node.Interrupt();
        await node.EndsAsync();

        Assert.Contains("runner.dll", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("OpenTelemetry.Exporter.OpenTelemetryProtocol", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("Serilog.Sinks.File", loaded, StringComparison.Ordinal);
        data.Delete(recursive: true);
    }

    [Theory]
    [InlineData("RUNNER_TELEMETRY_OTLP_ENDPOINT")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT")]
    public void The_collector_is_named_by_the_nodes_variable_or_by_the_standard_one(string variable)
    {
        var reader = new NodeOptionsReader(name => name == variable ? "http://collector:4317" : name == "HOME" ? "/home/me" : null);
        var (options, _) = reader.Read(new NodeFlags());

        Assert.Equal("http://collector:4317/", options!.OtlpEndpoint!.AbsoluteUri);
        Assert.Equal($"the variable {variable}", reader.OriginOf(NodeSetting.OtlpEndpoint));
    }

    [Fact]
    public void Mistakes_about_the_collector_do_not_repeat_secrets()
    {
        var values = new Dictionary<string, string>
        {
            ["HOME"] = "/home/me",
            ["RUNNER_TELEMETRY_OTLP_ENDPOINT"] = "http://me:hunter2@collector",
            ["RUNNER_TELEMETRY_OTLP_PROTOCOL"] = "http/json",
            ["RUNNER_TELEMETRY_OTLP_HEADERS"] = "hunter2",
        };
        var (_, mistakes) = new NodeOptionsReader(values.GetValueOrDefault).Read(new NodeFlags());

        Assert.Equal(3, mistakes.Length);
        Assert.DoesNotContain(mistakes, m => m.ToString().Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_sent_in_headers_is_not_shown()
    {
        var (options, _) = new NodeOptionsReader(n => n == "RUNNER_TELEMETRY_OTLP_HEADERS" ? "authorization=hunter2" : n == "HOME" ? "/home/me"
            : null).Read(new NodeFlags());

        Assert.Equal("authorization=hunter2", options!.OtlpHeaders);
        Assert.Equal("(hidden)", NodeSetting.OtlpHeaders.Value(options));
        Assert.DoesNotContain("hunter2", options.Otlp.ToString(), StringComparison.Ordinal);
    }

    /// <summary>As OTLP has times.</summary>
    private static ulong Nanoseconds(DateTimeOffset time) => (ulong)(time - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
