using Runner.Messages.Deployments;

namespace Runner.Host.Tests.Telemetry;

/// <summary>What a real node says of itself at <c>/metrics</c>.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task A_node_counts_its_runs_its_commits_and_its_requests()
    {
        await using var node = await TelemetryNode.StartAsync();
        await node.RunAsync(node.Shell("a/works", "exit 0"));
        await node.RunAsync(node.Shell("a/fails", "exit 3") with { Retries = new RetrySpec { Count = 1 } });
        await node.RunAsync(new DeploymentSpec { Name = "a/missing", Command = ["/no/such/program"], Workdir = node.Root });
        await node.MetricsAsync();

        var metrics = await node.MetricsAsync();

        Assert.Equal(3, metrics["runner_runs_submitted_total{trigger=\"request\"}"]);
        Assert.Equal(1, metrics["runner_runs_ended_total{state=\"Completed\"}"]);
        Assert.Equal(1, metrics["runner_runs_ended_total{state=\"Failed\"}"]);
        Assert.Equal(1, metrics["runner_runs_ended_total{state=\"Crashed\"}"]);
        Assert.Equal(1, metrics["runner_run_retries_total"]);
        Assert.Equal(2, metrics["runner_run_lateness_seconds_count"]);
        Assert.Equal(4, metrics["runner_run_wait_seconds_count"]);
        Assert.Equal(3, metrics["runner_process_start_duration_seconds_count"]);
        Assert.Equal(1, metrics["runner_run_duration_seconds_count{state=\"Failed\"}"]);
        Assert.Equal(0, metrics["runner_processes_running"]);
        Assert.Equal(100, metrics["runner_processes_limit"]);
        Assert.Equal(0, metrics["runner_slots_used{limit_kind=\"node\"}"]);
        Assert.Equal(0, metrics["runner_followers_connected"]);
        Assert.Equal(0, metrics["runner_alarms_behind_seconds"]);
        Assert.Equal(3, metrics["runner_entities_active{kind=\"FlowRun\"}"]);
        Assert.True(metrics["runner_store_commits_total{result=\"committed\"}"] >= 6);
        Assert.True(metrics["runner_store_events_total"] >= 12);
        Assert.True(metrics["runner_store_commit_duration_seconds_count"] > 0);
        Assert.True(metrics["runner_disk_free_bytes"] > 0);
        Assert.True(metrics["runner_store_size_bytes"] > 0);
        Assert.Equal(1, metrics[
            "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_response_status_code=\"200\",http_route=\"/metrics\"}"]);
        Assert.Equal(1, metrics.Samples.Single(s => s.Key.StartsWith("runner_node_info{node=\"node-1\"", StringComparison.Ordinal)).Value);
        Assert.Contains("dotnet_process_memory_working_set_bytes", metrics.Samples.Keys);
    }

    [Fact]
    public async Task Running_programs_held_slots_and_followers_are_seen_while_they_are_there()
    {
        await using var node = await TelemetryNode.StartAsync();
        await node.RegisterAsync(node.Shell("a/waits", "exec sleep 600") with { Concurrency = new ConcurrencySpec(1) });
        var run = await node.SubmitAsync("a/waits");
        var waiting = await node.SubmitAsync("a/waits");
        await node.ReachesAsync(run, v => v.Pid is not null);
        await node.ReachesAsync(waiting, v => v.WaitingFor is not null);
        using var follower = await node.GetAsync($"/api/v1/runs/{run}/events", node.Token);

        var metrics = await node.MetricsAsync();

        Assert.Equal(1, metrics["runner_processes_running"]);
        Assert.Equal(1, metrics["runner_slots_used{limit_kind=\"node\"}"]);
        Assert.Equal(1, metrics["runner_slots_used{limit_kind=\"deployment\"}"]);
        Assert.Equal(1, metrics["runner_followers_connected"]);
    }

    [Fact]
    public async Task Two_nodes_in_one_program_do_not_mix()
    {
        await using var busy = await TelemetryNode.StartAsync();
        await using var idle = await TelemetryNode.StartAsync();
        await busy.RunAsync(busy.Shell("a/works", "exit 0"));

        Assert.Equal(1, (await busy.MetricsAsync())["runner_runs_ended_total{state=\"Completed\"}"]);
        Assert.DoesNotContain("runner_runs_ended_total", (await idle.MetricsAsync()).Types.Keys);
    }

    [Fact]
    public async Task Metrics_need_the_nodes_token_and_name_no_run_or_deployment()
    {
        await using var node = await TelemetryNode.StartAsync();
        var view = await node.RunAsync(node.Shell("secret-flow/secret-name", "printf %s \"$RUNNER_TOKEN\" > token.txt"));
        var programs = await File.ReadAllTextAsync(Path.Combine(node.Root, "token.txt"));

        Assert.Equal(401, (int)(await node.GetAsync("/metrics", null)).StatusCode);
        Assert.Equal(403, (int)(await node.GetAsync("/metrics", programs)).StatusCode);
        var metrics = await node.MetricsAsync();
        Assert.DoesNotContain(
            metrics.Samples.Keys, k => k.Contains("secret", StringComparison.Ordinal) || k.Contains(view.Id.ToString(), StringComparison.Ordinal));
    }
}
