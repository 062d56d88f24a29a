using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using Runner.Actors;
using Runner.Host.Configuration;
using Runner.Host.Logging;
using Runner.Host.Tests.EndToEnd;
using Runner.Host.Tests.Telemetry;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.Logging;

/// <summary>The log of a real node, at its most talkative.</summary>
public sealed partial class NodeLogTests
{
    private const string Secret = "hunter2-";

    [Fact]
    public async Task Every_line_about_a_run_says_which_and_none_tells_a_secret()
    {
        await using var node = await TelemetryNode.StartAsync();
        var runs = await LiveAsync(node);
        var token = node.Token;
        var programs = await File.ReadAllTextAsync(Path.Combine(node.Root, "token.txt"));

        var log = await node.StopAsync();

        Assert.All(log, line => Check(line, runs));
        foreach (var (run, (_, started)) in runs)
        {
            var information = log.Where(l => Is(l, run) && l.GetProperty("level").GetString() == "information")
                .Select(l => l.GetProperty("message").GetString()![..9]).ToArray();
            Assert.Equal(started ? ["Run start", "Run ended"] : ["Run ended"], information);
        }

        var text = await File.ReadAllTextAsync(node.LogFile);
        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
        Assert.DoesNotContain(token, text, StringComparison.Ordinal);
        Assert.DoesNotContain(programs, text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_for_people_ends_with_the_run_it_is_about()
    {
        var folder = Directory.CreateTempSubdirectory("runner-log-");
        var file = Path.Combine(folder.FullName, "logs", "node.log");
        var (options, _) = new NodeOptionsReader(n => n == "RUNNER_LOG_FILE" ? file : n == "HOME" ? "/home/me" : null)
            .Read(new NodeFlags { [NodeSetting.LogLevel] = "information" });
        var run = Guid.Parse("0192f0c1-1111-7222-8333-444455556666");
        using (var log = NodeLog.Create(options!, colour: false))
        {
            log.ForContext(new RunLogContext(run, 2, "etl/nightly")).Information("Run ended as {State} with exit code {ExitCode}", "Failed", 3);
            log.Information("Nothing about a run");
        }

        var lines = File.ReadAllLines(file);
        Assert.EndsWith($" INF Run ended as Failed with exit code 3 (etl/nightly, run {run}, attempt 2)", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(" INF Nothing about a run", lines[1], StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void A_log_file_that_cannot_be_written_is_said_at_the_start()
    {
        var (options, _) = new NodeOptionsReader(n => n == "RUNNER_LOG_FILE" ? "/proc/nothing/node.log" : n == "HOME" ? "/home/me" : null)
            .Read(new NodeFlags());

        Assert.Contains(
            "/proc/nothing/node.log", Assert.Throws<NodeStartException>(() => NodeLog.Create(options!, colour: false)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void B44_a_log_file_that_is_a_pipe_or_anothers_link_is_refused_at_once()
    {
        var folder = Directory.CreateTempSubdirectory("runner-log-");
        var (pipe, link, own) = (Path.Combine(folder.FullName, "pipe"), Path.Combine(folder.FullName, "link"), Path.Combine(folder.FullName, "own"));
        Shell.Run("mkfifo", pipe);
        File.WriteAllText(own, "");
        File.CreateSymbolicLink(link, own);
        string Refused(string file) => Assert.Throws<NodeStartException>(() => Create(file)).Message;
        Assert.Contains("is a pipe", Refused(pipe), StringComparison.Ordinal);
        using (Create(link))
        {
            // One's own link is followed.
        }

        if (Environment.IsPrivilegedProcess)
        {
            Shell.Run("chown", "-h", "65534", link);
            Assert.Contains("a link that another user has made", Refused(link), StringComparison.Ordinal);
        }

        folder.Delete(recursive: true);
    }

    private static Serilog.Core.Logger Create(string file)
    {
        var (options, _) = new NodeOptionsReader(n => n == "RUNNER_LOG_FILE" ? file : n == "HOME" ? "/home/me" : null).Read(new NodeFlags());
        return (Serilog.Core.Logger)NodeLog.Create(options!, colour: false);
    }

    /// <summary>Starts, failures, retries, cancels, crashes, timeouts, waits.</summary>
    private static async Task<Dictionary<Guid, (string Deployment, bool Started)>> LiveAsync(TelemetryNode node)
    {
        var runs = new Dictionary<Guid, (string, bool)>();
        async Task Run(DeploymentSpec spec, bool started, StateType end)
        {
            spec = spec with
            {
                Env = ImmutableSortedDictionary<string, EnvValue?>.Empty.Add("API_KEY", Secret + "environment"),
                Parameters = ImmutableSortedDictionary<string, JsonElement>.Empty.Add(
                    "password", JsonDocument.Parse($"\"{Secret}default\"").RootElement),
            };
            await node.RegisterAsync(spec);
            var run = await node.SubmitAsync(spec.Name, ("password", Secret + "parameter"));
            runs.Add(run, (spec.Name, started));
            Assert.Equal(end, (await node.EndsAsync(run)).State.Type);
        }

        await Run(node.Shell("log/works", "printf %s \"$RUNNER_TOKEN\" > token.txt; echo {{ parameters.password }}"), true, StateType.Completed);
        await Run(node.Shell("log/fails", "exit 3") with { Retries = new RetrySpec { Count = 2 } }, true, StateType.Failed);
        await Run(node.Shell("log/crashes", "kill -9 $$"), true, StateType.Crashed);
        await Run(
            new DeploymentSpec { Name = "log/missing", Command = ["/no/{{ parameters.password }}"], Workdir = node.Root }, false, StateType.Crashed);
        await Run(node.Shell("log/overruns", "exec sleep 600") with { Timeout = TimeSpan.FromMilliseconds(100) }, true, StateType.Failed);

        await node.RegisterAsync(node.Shell("log/waits", "exec sleep 600") with { Concurrency = new ConcurrencySpec(1) });
        var running = await node.SubmitAsync("log/waits");
        var waiting = await node.SubmitAsync("log/waits");
        runs.Add(running, ("log/waits", true));
        runs.Add(waiting, ("log/waits", false));
        await node.ReachesAsync(running, v => v.Pid is not null);
        await node.ReachesAsync(waiting, v => v.WaitingFor is not null);
        foreach (var run in (Guid[])[waiting, running])
        {
            await node.Node.AskAsync(new CancelRun(run, Secret + "reason"), CancellationToken.None);
            await node.EndsAsync(run);
        }

        return runs;
    }

    private static void Check(JsonElement line, Dictionary<Guid, (string Deployment, bool Started)> runs)
    {
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$", line.GetProperty("time").GetString()!);
        var mentioned = runs.Keys.Where(r => Mentions(line, r)).ToArray();
        if (mentioned.Length == 0)
        {
            return;
        }

        var run = Assert.Single(mentioned);
        Assert.True(Is(line, run), line.GetRawText());
        Assert.Equal(run.ToString("N"), line.GetProperty("trace_id").GetString());
        Assert.Equal(runs[run].Deployment, line.GetProperty("deployment").GetString());
        var attempt = line.GetProperty("attempt").GetInt32();
        Assert.InRange(attempt, 0, 3);
        if (OfProcess().Match(line.GetRawText()) is { Success: true } match)
        {
            Assert.Equal(match.Groups[1].Value, $"{attempt}");
        }
    }

    private static bool Is(JsonElement line, Guid run) => line.TryGetProperty("run", out var id) && id.GetString() == run.ToString("D");

    private static bool Mentions(JsonElement line, Guid run) =>
        line.GetRawText().Contains(run.ToString("D"), StringComparison.OrdinalIgnoreCase)
        || line.GetRawText().Contains(run.ToString("N"), StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"/process-(\d+)")]
    private static partial Regex OfProcess();
}
