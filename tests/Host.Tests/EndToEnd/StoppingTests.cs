using System.Text.RegularExpressions;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>`serve` from its greeting to its end, as a person at a console has it.</summary>
public sealed class StoppingTests : IDisposable
{
    private const string Stubborn = """trap "" TERM; echo stubborn is up; while :; do sleep 1000 & wait; done""";

    private readonly string _root = Directory.CreateTempSubdirectory("runner-stop-").FullName;

    private string Data => Path.Combine(_root, "data");

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Serving_greets_shows_states_and_output_and_resumes_what_its_shutdown_paused()
    {
        var file = Write("""
            deployments:
              - {name: serve/hourly, command: [sh, -c, "echo said; echo complained >&2"], schedules: [{interval: 1h}]}
            """);
        using (var node = await RunnerProgram.StartNodeAsync(Data, "serve", file))
        {
            await node.PrintsAsync("Stop:");
            Assert.Equal(0, (await Cleanly.AskAsync(Data, "submit", "serve/hourly", "--wait")).ExitCode);
            await node.PrintsAsync("Completed");
            node.Interrupt();
            Assert.Equal(0, await node.EndsAsync());

            Cleanly.Check(node.Output);
            Assert.Matches(@"Serving 1 deployment:", node.Output);
            Assert.Matches(@"serve/hourly +every 1h +.*\(in ", node.Output);
            Assert.Contains("runner submit serve/hourly", node.Output, StringComparison.Ordinal);
            Assert.Contains("http://127.0.0.1:", node.Output, StringComparison.Ordinal);
            Assert.Matches(@"serve/hourly [0-9a-f]{8} \| said\n", node.Output);
            Assert.Matches(@"serve/hourly [0-9a-f]{8} ! complained\n", node.Output);
            Assert.Equal(["Scheduled", "Submitting", "Running", "Completed"], [.. Regex.Matches(node.Output, @"[0-9a-f]{8}  serve/hourly  (\w+)")
                .Select(m => m.Groups[1].Value)]);
            Assert.Contains("Paused the schedules of 1 deployment", node.Output, StringComparison.Ordinal);
        }

        using (var bare = await RunnerProgram.StartNodeAsync(Data))
        {
            using var client = bare.Client();
            Assert.True((await client.DeploymentAsync("serve/hourly")).Paused);
            bare.Signal("TERM");
            Assert.Equal(0, await bare.EndsAsync());
        }

        using var again = await RunnerProgram.StartNodeAsync(Data, "serve", file);
        using (var client = again.Client())
        {
            Assert.False((await client.DeploymentAsync("serve/hourly")).Paused);
        }

        again.Interrupt();
        Assert.Equal(0, await again.EndsAsync());
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_stops_the_obedient_then_kills_the_stubborn_and_leaves_nothing_behind(string signal)
    {
        var file = Write($"""
            deployments:
              - name: stop/obedient
                command: [sh, -c, 'echo obedient is up; exec sleep 1000']
              - name: stop/stubborn
                command: [sh, -c, '{Stubborn}']
                stop_grace: 1s
              - name: stop/finished
                command: ["true"]
            """);
        using var node = await RunnerProgram.StartNodeAsync(Data, "serve", file);
        Guid[] runs;
        using (var client = node.Client())
        {
            await client.SubmitAsync(new("stop/obedient"));
            await client.SubmitAsync(new("stop/stubborn"));
            await Waiting.UntilAsync(client, (await client.SubmitAsync(new("stop/finished"))).Id.ToString(), null);
            runs = [.. (await client.RunsAsync(new())).Items.Select(r => r.Id)];
        }

        await node.PrintsAsync("obedient is up");
        await node.PrintsAsync("stubborn is up");
        Assert.NotEmpty(ProcessesOf(runs));
        node.Signal(signal);

        Assert.Equal(0, await node.EndsAsync());
        Cleanly.Check(node.Output);
        Assert.Contains("Stopping 2 programs, up to ", node.Output, StringComparison.Ordinal);
        NothingIsLeftOf(runs);
        Assert.DoesNotContain(await StatesAfterwardsAsync(), s => s is "Running" or "Submitting");
    }

    [Fact]
    public async Task A_second_signal_kills_at_once_and_leaves_nothing_behind()
    {
        var file = Write($"""
            deployments:
              - name: stop/stubborn
                command: [sh, -c, '{Stubborn}']
                stop_grace: 1h
            """);
        using var node = await RunnerProgram.StartNodeAsync(Data, "serve", file);
        Guid run;
        using (var client = node.Client())
        {
            run = (await client.SubmitAsync(new("stop/stubborn"))).Id;
        }

        await node.PrintsAsync("stubborn is up");
        node.Interrupt();
        await node.PrintsAsync("Stopping 1 program, up to ");
        node.Interrupt();

        Assert.Equal(0, await node.EndsAsync());
        Cleanly.Check(node.Output);
        Assert.Contains("Killing", node.Output, StringComparison.Ordinal);
        NothingIsLeftOf(run);
    }

    private async Task<string[]> StatesAfterwardsAsync()
    {
        using var node = await RunnerProgram.StartNodeAsync(Data);
        using var client = node.Client();
        var runs = await client.RunsAsync(new());
        node.Interrupt();
        await node.EndsAsync();
        return [.. runs.Items.Select(r => r.State.Name)];
    }

    private string Write(string yaml)
    {
        var path = Path.Combine(_root, "runner.yaml");
        File.WriteAllText(path, yaml);
        return path;
    }

    /// <summary>What was killed is dead a moment later.</summary>
    private static void NothingIsLeftOf(params Guid[] runs) =>
        Assert.True(SpinWait.SpinUntil(() => ProcessesOf(runs).Length == 0, TimeSpan.FromMinutes(1)), string.Join(' ', ProcessesOf(runs)));

    /// <summary>What still runs and was given one of these runs' ids.</summary>
    private static string[] ProcessesOf(params Guid[] runs)
    {
        var found = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            try
            {
                var environment = File.ReadAllText(Path.Combine(process, "environ"));
                if (runs.Any(r => environment.Contains($"RUNNER_RUN_ID={r:D}", StringComparison.Ordinal)))
                {
                    found.Add(process);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is somebody else's.
            }
        }

        return [.. found];
    }
}
