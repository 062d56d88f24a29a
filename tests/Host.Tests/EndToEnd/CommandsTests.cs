using System.Text;
using System.Text.Json;
using Runner.Client;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>Every client command against a real node, as a process of its own.</summary>
public sealed class CommandsTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    [Fact]
    public async Task Deploying_says_what_is_created_changed_and_unchanged_and_is_all_or_none()
    {
        var file = node.Write("deploy.yaml", """
            deployments:
              - {name: deploy/one, command: ["true"]}
              - {name: deploy/two, command: ["true"], timeout: 1m}
            """);
        Assert.Equal(["created", "created"], Firsts(await node.DoAsync("deploy", file)));

        node.Write("deploy.yaml", """
            deployments:
              - {name: deploy/one, command: ["true"]}
              - {name: deploy/two, command: ["false"], timeout: 2m}
            """);
        Assert.Equal(["changed", "unchanged"], (await node.JsonAsync("deploy", "--dry-run", file)).SelectMany(Items)
            .Select(d => d.GetProperty("outcome").GetString()!.ToLowerInvariant()).Order());
        var changed = await node.DoAsync("deploy", file);
        Assert.Equal(["unchanged", "changed"], Firsts(changed));
        Assert.Contains("command", changed, StringComparison.Ordinal);
        Assert.Contains("timeout", changed, StringComparison.Ordinal);

        var wrong = node.Write("deploy-wrong.yaml", """
            deployments:
              - {name: deploy/three, command: ["true"]}
              - {name: deploy/four, command: ["true"], schedules: [{cron: "0 4 * * *", timezone: Europe/Atlantis}]}
            """);
        await Cleanly.RefusesAsync(node.Data, 1, "deploy-wrong.yaml:3:", "deploy", wrong);
        await Cleanly.RefusesAsync(node.Data, 1, "There is no deployment 'deploy/three'", "deployment", "show", "deploy/three");
    }

    [Fact]
    public async Task B87_the_last_lines_of_a_runs_output_are_printed_and_followed()
    {
        await node.DeployAsync("tail.yaml", """
            deployments:
              - {name: tail/lines, command: [sh, -c, "seq 1 20000; echo wrong >&2; printf end"]}
            """);
        var run = await node.SubmitAsync("tail/lines", "--wait");

        Assert.Equal("19999\n20000\nend", await node.DoAsync("run", "logs", run, "--tail", "3", "--stream", "stdout"));
        Assert.Equal("20000\nend", (await node.AskAsync("run", "logs", run, "--tail", "2", "--follow")).Out);
        Assert.Equal(20_001, (await node.DoAsync("run", "logs", run, "--tail", "999999", "--stream", "stdout")).Split('\n').Length);
        await Cleanly.RefusesAsync(node.Data, 2, "--tail and --from", "run", "logs", run, "--tail", "2", "--from", "1:0:0");
        await Cleanly.RefusesAsync(node.Data, 2, "--tail: expected a whole number", "run", "logs", run, "--tail", "0");
    }

    [Fact]
    public async Task B88_lines_that_are_there_already_are_followed_together_and_all_of_them_as_they_are()
    {
        await node.DeployAsync("together.yaml", """
            deployments:
              - {name: together/lines, command: [sh, -c, "seq 1 20000; printf end"]}
            """);
        var run = await node.SubmitAsync("together/lines", "--wait");

        var pieces = new List<string>();
        await foreach (var piece in node.Client.FollowLogsAsync(Guid.Parse(run), together: true))
        {
            pieces.Add(piece.Text);
        }

        var lines = string.Concat(Enumerable.Range(1, 20_000).Select(n => $"{n}\n")) + "end";
        Assert.Equal(lines, string.Concat(pieces));
        Assert.InRange(pieces.Count, 2, 20);
        Assert.Equal(lines, (await node.AskAsync("run", "logs", run, "--follow")).Out);
    }

    [Fact]
    public async Task B62_bytes_that_are_no_text_are_the_same_in_every_way_to_read_them()
    {
        // Every byte there is; a character cut by a line's end; one that waits for its second half.
        await node.DeployAsync("bytes.yaml", """
            deployments:
              - name: bytes/all
                command:
                - bash
                - -c
                - 'for i in {0..255}; do printf "\x$(printf %x $i)"; done; printf "\n\xc3\n\xc3"; sleep 0.2; printf "\xbc ok\n\xff"'
            """);
        var run = await node.SubmitAsync("bytes/all");
        var followed = RunnerProgram.AskBytesAsync(node.Data, "run", "logs", run, "--follow");
        await node.EndOfAsync(run);

        byte[] written = [.. Enumerable.Range(0, 256).Select(b => (byte)b), .. "\n"u8, 0xC3, .. "\n"u8, 0xC3, 0xBC, .. " ok\n"u8, 0xFF];
        Assert.Equal(written, await followed);
        Assert.Equal(written, await RunnerProgram.AskBytesAsync(node.Data, "run", "logs", run, "--follow"));
        Assert.Equal(written, await RunnerProgram.AskBytesAsync(node.Data, "run", "logs", run));
        foreach (var together in new[] { false, true })
        {
            var pieces = new List<LogLine>();
            await foreach (var piece in node.Client.FollowLogsAsync(Guid.Parse(run), together: together))
            {
                pieces.Add(piece);
            }

            Assert.Equal(written, pieces.SelectMany(IEnumerable<byte> (p) => p.ToBytes()));
            Assert.All(pieces, p => Assert.Equal(p.Text.Contains('\uFFFD'), p.Base64 is not null));
        }

        var lines = await node.JsonAsync("run", "logs", run);
        Assert.Equal(written, lines.SelectMany(IEnumerable<byte> (l) => l.TryGetProperty("base64", out var exact) ? exact.GetBytesFromBase64()
            : Encoding.UTF8.GetBytes(l.GetProperty("text").GetString()!)));
    }

    [Fact]
    public async Task B71_lines_have_the_time_they_came_and_those_since_a_time_are_read_alone()
    {
        // Between the two lines lies more than a second, and a note.
        var gate = Path.Combine(node.Root, "times-gate");
        Shell.Run("mkfifo", gate);
        await node.DeployAsync("times.yaml", $$"""
            deployments:
              - {name: times/lines, command: [sh, -c, 'echo one; cat {{gate}}; printf "two\nthree\nfour"']}
            """);
        await node.DeployAsync("clock.yaml", """deployments: [{name: times/clock, command: ["true"]}]""");
        // The node's own clock.
        async Task<DateTimeOffset> NowAsync() => (await node.Client.RunAsync(Guid.Parse(await node.SubmitAsync("times/clock")))).Created;
        var begun = await NowAsync();
        var run = await node.SubmitAsync("times/lines");
        var one = await FirstAsync(node.Client.FollowLogsAsync(Guid.Parse(run), timestamps: true));
        Assert.InRange(one.Time!.Value, begun.AddMilliseconds(-20), await NowAsync());
        await NotedAsync(run);
        var between = await NowAsync();
        await File.WriteAllTextAsync(gate, "");
        await node.EndOfAsync(run);

        var shown = (await node.AskAsync("run", "logs", run, "--timestamps")).Out.Split('\n');
        Assert.Equal(["one", "two", "three", "four"], shown.Select(l => l.Split(' ')[1]));
        var times = shown.Select(l => DateTimeOffset.Parse(l.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(times.Order(), times);
        Assert.True(times[0] < between && times[1] > between.AddMilliseconds(-20), string.Join(' ', shown));
        Assert.Equal(string.Join('\n', shown), (await node.AskAsync("run", "logs", run, "--timestamps", "--follow")).Out);

        var since = Instants.Format(between);
        Assert.Equal("two\nthree\nfour", (await node.AskAsync("run", "logs", run, "--since", since)).Out);
        Assert.Equal("two\nthree\nfour", (await node.AskAsync("run", "logs", run, "--since", since, "--follow")).Out);
        Assert.Equal("one\ntwo\nthree\nfour", (await node.AskAsync("run", "logs", run, "--since", "1h")).Out);
        Assert.Equal("", (await node.AskAsync("run", "logs", run, "--since", Instants.Format(between.AddHours(1)))).Out);
        await Cleanly.RefusesAsync(node.Data, 2, "--since and --tail", "run", "logs", run, "--since", "1h", "--tail", "1");
    }

    private static async Task<LogLine> FirstAsync(IAsyncEnumerable<LogLine> lines)
    {
        await foreach (var line in lines)
        {
            return line;
        }

        throw new InvalidOperationException("There is no output.");
    }

    /// <summary>Waits until the node has noted that the run's output has come.</summary>
    private Task NotedAsync(string run) => Appearing.FileAsync(Path.Combine(node.Data, "output", run[^2..], $"{run}.1.times"));

    [Fact]
    public async Task Deployments_are_listed_shown_paused_resumed_and_deleted()
    {
        await node.DeployAsync("list.yaml", """
            deployments:
              - {name: list/hourly, command: ["true"], tags: [listed], schedules: [{interval: 1h}]}
              - {name: list/asked, command: ["true"], tags: [listed]}
            """);

        var page = (await node.JsonAsync("deployments", "--tag", "listed", "--limit", "1"))[0];
        var rest = (await node.JsonAsync("deployments", "--tag", "listed", "--limit", "1", "--after", page.GetProperty("next").GetString()!))[0];
        Assert.Equal(["list/asked", "list/hourly"], Items(page).Concat(Items(rest)).Select(d => d.GetProperty("name").GetString()));
        Assert.Contains("list/hourly", await node.DoAsync("deployments"), StringComparison.Ordinal);
        Assert.Contains("every 1h", await node.DoAsync("deployment", "show", "list/hourly"), StringComparison.Ordinal);

        Assert.Contains("paused", await node.DoAsync("deployment", "pause", "list/hourly"), StringComparison.Ordinal);
        Assert.True((await node.JsonAsync("deployment", "show", "list/hourly"))[0].GetProperty("paused").GetBoolean());
        await node.JsonAsync("deployment", "resume", "list/hourly");
        Assert.False((await node.JsonAsync("deployment", "show", "list/hourly"))[0].GetProperty("paused").GetBoolean());

        var run = await node.SubmitAsync("list/asked", "--at", "+1h");
        await node.JsonAsync("deployment", "delete", "list/asked", "--runs", "cancel");
        await Cleanly.RefusesAsync(node.Data, 1, "list/asked", "deployment", "show", "list/asked");
        Assert.Equal("Cancelled", await node.EndOfAsync(run));
        await node.DoAsync("deployment", "delete", "list/hourly");
    }

    [Fact]
    public async Task One_schedule_is_paused_and_resumed_and_stays_so_when_it_is_deployed_again()
    {
        const string yaml = """
            deployments:
              - name: switch/it
                command: ["true"]
                catchup: all
                catchup_limit: 10
                schedules:
                  - {id: hourly, interval: 1h, max_runs: 5, jitter: 10m}
                  - {id: yearly, cron: "@yearly", end: 2090-01-01T00:00:00Z}
            """;
        await node.DeployAsync("switch.yaml", yaml);

        Assert.Equal("Schedule hourly of switch/it is paused.\n", await node.DoAsync("schedule", "pause", "switch/it", "hourly"));
        Assert.False((await node.JsonAsync("schedule", "pause", "switch/it", "hourly"))[0].GetProperty("changed").GetBoolean());
        Assert.Equal(["unchanged"], Firsts(await node.DoAsync("deploy", node.Write("switch.yaml", yaml))));
        var shown = await node.DoAsync("deployment", "show", "switch/it");
        Assert.Contains("not active", shown, StringComparison.Ordinal);
        Assert.Contains("0 of 5", shown, StringComparison.Ordinal);
        Assert.Contains("all, the newest 10", shown, StringComparison.Ordinal);
        Assert.Contains(
            "{interval: 1h, active: false, max_runs: 5, jitter: 10m, id: hourly}", await node.DoAsync("export"), StringComparison.Ordinal);

        Assert.Equal("Schedule hourly of switch/it goes on.\n", await node.DoAsync("schedule", "resume", "switch/it", "hourly"));
        Assert.All(
            (await node.JsonAsync("deployment", "show", "switch/it"))[0].GetProperty("schedules").EnumerateArray(),
            s => Assert.True(s.GetProperty("active").GetBoolean()));
        await Cleanly.RefusesAsync(node.Data, 1, "Deployment 'switch/it' has no schedule 'weekly'", "schedule", "pause", "switch/it", "weekly");
        await Cleanly.RefusesAsync(node.Data, 1, "There is no deployment 'switch/none'", "schedule", "resume", "switch/none", "hourly");
        await node.DoAsync("deployment", "delete", "switch/it");
    }

    [Fact]
    public async Task A_run_of_a_schedule_with_jitter_starts_after_it_is_due_and_shows_both()
    {
        var said = Path.Combine(node.Root, "jitter-id");
        await node.DeployAsync("jitter.yaml", $$"""
            deployments:
              - name: jitter/it
                command: [sh, -c, 'echo "$RUNNER_SCHEDULED_TIME"; echo "$RUNNER_RUN_ID" > {{said}}.new; mv {{said}}.new {{said}}']
                schedules: [{interval: 100ms, max_runs: 1, jitter: 800ms}]
            """);
        await Appearing.FileAsync(said);
        var id = (await File.ReadAllTextAsync(said)).Trim();
        Assert.Equal("Completed", await node.EndOfAsync(id));
        var view = (await node.JsonAsync("run", "show", id))[0];
        var due = view.GetProperty("due").GetDateTimeOffset();
        var start = view.GetProperty("startAt").GetDateTimeOffset();
        Assert.InRange(start - due, TimeSpan.Zero, TimeSpan.FromMilliseconds(800));
        Assert.True(view.GetProperty("started").GetDateTimeOffset() >= start.AddMilliseconds(-1));
        Assert.Equal(due, DateTimeOffset.Parse(await node.DoAsync("run", "logs", id), System.Globalization.CultureInfo.InvariantCulture));
        Assert.Contains("It has made its 1 run.", await node.DoAsync("deployment", "show", "jitter/it"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schedule_is_previewed_without_a_node()
    {
        var data = Path.Combine(node.Root, "no-node");
        string[] preview =
            ["schedule", "preview", "--cron", "30 2 * * *", "--timezone", "America/New_York", "--from", "2026-03-07T00:00:00-05:00", "--count", "2"];

        Assert.Contains("moved: 02:30 did not exist", (await Cleanly.AskAsync(data, preview)).Out, StringComparison.Ordinal);
        Assert.Equal(
            """{"occurrences":["2026-03-07T02:30:00-05:00","2026-03-08T03:00:00-04:00"]}""" + "\n",
            (await Cleanly.AskAsync(data, [.. preview, "--json"])).Out);
        await Cleanly.RefusesAsync(data, 2, "did you mean Europe/Berlin", "schedule", "preview", "--cron", "@daily", "--timezone", "Europe/Berln");
        await Cleanly.RefusesAsync(data, 2, "there is none", "schedule", "preview");
    }

    [Fact]
    public async Task Parameters_come_from_the_file_then_the_object_then_the_pairs_and_keep_their_types()
    {
        await node.DeployAsync("parameters.yaml", """
            deployments:
              - {name: parameters/print, command: [sh, -c, 'echo "$RUNNER_PARAMETERS"'], parameters: {a: 1, b: 1, c: 1}}
            """);
        var file = node.Write("parameters.json", """{"b": 2, "c": 2}""");

        var answer = await node.AskAsync(
            "submit", "parameters/print", "--parameters", "@" + file, "-p", "c=3", "-p", "d=[1,true]", "-p", "e=text", "--follow");

        Assert.Equal(0, answer.ExitCode);
        using var printed = JsonDocument.Parse(answer.Out);
        Assert.Equal(
            ["a=1", "b=2", "c=3", "d=[1,true]", "e=\"text\""],
            printed.RootElement.EnumerateObject().Select(p => $"{p.Name}={p.Value.GetRawText()}").Order(StringComparer.Ordinal));
        Assert.Contains(
            "\"z\":9", (await node.AskAsync("submit", "parameters/print", "--parameters", """{"z":9}""", "--follow")).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--wait")]
    [InlineData("--follow")]
    public async Task The_exit_code_of_waiting_is_the_outcome(string how)
    {
        var flow = "outcome" + how;
        await node.DeployAsync(flow + ".yaml", $$"""
            deployments:
              - {name: {{flow}}/good, command: ["true"]}
              - {name: {{flow}}/bad, command: [sh, -c, "exit 3"]}
              - {name: {{flow}}/missing, command: [/no/such/program]}
              - {name: {{flow}}/long, command: [sleep, "1000"]}
            """);

        Assert.Equal(0, (await node.AskAsync("submit", flow + "/good", how)).ExitCode);
        var failed = await node.AskAsync("submit", flow + "/bad", how);
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("Failed (exit code 3)", failed.Out + failed.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await node.AskAsync("submit", flow + "/missing", how)).ExitCode);
        Assert.Equal(2, (await node.AskAsync("submit", flow + "/good", how, "--nonsense")).ExitCode);

        var late = await node.AskAsync("submit", flow + "/long", how, "--timeout", "200ms", "--key", "k");
        Assert.Equal(4, late.ExitCode);
        Assert.Contains("goes on", late.Error, StringComparison.Ordinal);
        var run = await node.SubmitAsync(flow + "/long", "--key", "k");
        var waiting = node.AskAsync("submit", flow + "/long", how, "--key", "k");
        await node.DoAsync("run", "cancel", run, "--reason", "enough");
        Assert.Equal(3, (await waiting).ExitCode);
    }

    [Fact]
    public async Task A_submission_has_its_time_priority_tags_and_key()
    {
        await node.DeployAsync("submit.yaml", """deployments: [{name: submit/it, command: ["true"]}]""");

        string[] asked = ["submit/it", "--at", "2100-01-01T00:00:00Z", "--priority", "7", "--tag", "x", "--tag", "y", "--key", "once"];
        var first = await node.SubmitAsync(asked);
        foreach (var again in
            new[] { await node.AskAsync(["submit", .. asked]), await node.AskAsync("submit", "submit/it", "--key", "once", "--key-only") })
        {
            Assert.Contains(first, again.Out, StringComparison.Ordinal);
            Assert.Contains("used", again.Out, StringComparison.Ordinal);
        }

        await Cleanly.RefusesAsync(node.Data, 1, first, "submit", "submit/it", "--key", "once");
        var shown = (await node.JsonAsync("run", "show", first))[0];
        Assert.Equal(7, shown.GetProperty("priority").GetInt32());
        Assert.Equal(["x", "y"], shown.GetProperty("tags").EnumerateArray().Select(t => t.GetString()));
        Assert.Equal(2100, shown.GetProperty("due").GetDateTimeOffset().ToUniversalTime().Year);
    }

    [Fact]
    public async Task B89_a_run_has_a_name_that_finds_it()
    {
        await node.DeployAsync("named.yaml", """deployments: [{name: named/it, command: ["true"], parameters: {region: eu}}]""");
        var run = await node.SubmitAsync("named/it", "--name", "the first", "-p", "region=us");
        await node.SubmitAsync("named/it");

        Assert.Equal([run], (await node.JsonAsync("runs", "--name", "the first"))[0].GetProperty("items").EnumerateArray()
            .Select(i => i.GetProperty("id").GetString()));
        Assert.Equal([run], (await node.JsonAsync("runs", "-p", "region=us", "--deployment", "named/it"))[0].GetProperty("items").EnumerateArray()
            .Select(i => i.GetProperty("id").GetString()));
        Assert.Contains("the first", (await node.AskAsync("runs", "--deployment", "named/it")).Out, StringComparison.Ordinal);
        Assert.Contains("the first", (await node.AskAsync("run", "show", run)).Out, StringComparison.Ordinal);
        await Cleanly.RefusesAsync(node.Data, 1, "NAME=VALUE", "runs", "--parameter", "region");
    }

    [Fact]
    public async Task Runs_are_filtered_and_paged()
    {
        await node.DeployAsync("runs.yaml", """
            deployments:
              - {name: runs/good, command: ["true"]}
              - {name: runs/bad, command: ["false"]}
            """);
        var runs = new List<string>();
        for (var n = 0; n < 3; n++)
        {
            runs.Add(await node.SubmitAsync("runs/good", "--tag", "paged"));
            await node.EndOfAsync(runs[n]);
        }

        Assert.Equal("Failed", await node.EndOfAsync(await node.SubmitAsync("runs/bad")));

        Assert.Equal((string?[])["Failed"], await ListAsync("state", "--state", "failed", "--deployment", "runs/bad"));
        Assert.Empty(await ListAsync("id", "--state", "running", "--deployment", "runs/good"));
        Assert.Equal(runs.AsEnumerable().Reverse(), await ListAsync("id", "--tag", "paged", "--since", "1h"));
        Assert.Empty(await ListAsync("id", "--tag", "paged", "--since", "2100-01-01T00:00:00Z"));

        var paged = new List<string?>();
        string[] after = [];
        do
        {
            var page = (await node.JsonAsync(["runs", "--tag", "paged", "--limit", "2", .. after]))[0];
            paged.AddRange(Items(page).Select(r => r.GetProperty("id").GetString()));
            after = page.TryGetProperty("next", out var next) && next.GetString() is { } cursor ? ["--after", cursor] : [];
        }
        while (after.Length > 0);
        Assert.Equal(runs.AsEnumerable().Reverse(), paged);
        Assert.Contains(
            "More: runner runs --tag paged --limit 2 --after ", (await node.AskAsync("runs", "--tag", "paged", "--limit", "2")).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_is_shown_with_its_history_its_output_copied_and_followed_and_it_is_retried()
    {
        await node.DeployAsync("one.yaml", """
            deployments:
              - {name: one/prints, command: [sh, -c, "echo one; echo two; echo bad >&2; exit 4"]}
            """);
        var run = await node.SubmitAsync("one/prints");
        await node.EndOfAsync(run);

        var shown = await node.DoAsync("run", "show", run[..13]);
        Assert.All(["Scheduled", "Submitting", "Running", "Failed", "Exit code    4"], s => Assert.Contains(s, shown, StringComparison.Ordinal));
        Assert.Equal(shown.Split('\n')[0], (await node.DoAsync("run", "show", run[^8..])).Split('\n')[0]);

        Assert.Equal(new Answer(0, "one\ntwo\n", "bad\n"), await node.AskAsync("run", "logs", run));
        Assert.Equal(new Answer(0, "one\ntwo\n", ""), await node.AskAsync("run", "logs", run, "--stream", "stdout"));
        Assert.Equal("two\n", await node.DoAsync("run", "logs", run, "--stream", "stdout", "--from", "4"));
        var pieces = await node.JsonAsync("run", "logs", run, "--follow", "--stream", "stdout");
        Assert.Equal(["one\n", "two\n"], pieces.Select(p => p.GetProperty("text").GetString()));
        var rest = await node.JsonAsync(
            "run", "logs", run, "--follow", "--stream", "stdout", "--from", pieces[0].GetProperty("position").GetString()!);
        Assert.Equal(["two\n"], rest.Select(p => p.GetProperty("text").GetString()));

        await Cleanly.RefusesAsync(node.Data, 1, "Failed", "run", "cancel", run);
        var anew = (await node.JsonAsync("run", "retry", run, "--key", "anew"))[0].GetProperty("id").GetString()!;
        Assert.NotEqual(run, anew);
        Assert.Equal("Failed", await node.EndOfAsync(anew));
        Assert.Contains(anew, await node.DoAsync("run", "retry", run, "--key", "anew"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_is_set_shown_with_holders_and_waiters_raised_and_deleted()
    {
        await node.DeployAsync("limits.yaml", """
            deployments:
              - {name: limits/long, command: [sleep, "1000"], limits: [e2e]}
            """);
        await node.JsonAsync("limit", "set", "e2e", "1");
        var (first, second) = (await node.SubmitAsync("limits/long"), await node.SubmitAsync("limits/long"));
        await node.UntilAsync(first, "Running");
        await node.UntilAsync(second, "AwaitingConcurrencySlot");

        var shown = await node.DoAsync("limits");
        Assert.Contains($"held by  {first}", shown, StringComparison.Ordinal);
        Assert.Contains($"waiting  {second}", shown, StringComparison.Ordinal);
        var e2e = Items((await node.JsonAsync("limits"))[0]).Single(l => l.GetProperty("name").GetString() == "e2e");
        Assert.Equal(1, e2e.GetProperty("held").GetInt32());

        await node.DoAsync("limit", "set", "e2e", "2");
        await node.UntilAsync(second, "Running");
        await node.DoAsync("limit", "delete", "e2e");
        await node.DoAsync("deployment", "delete", "limits/long", "--runs", "cancel");
        Assert.Equal(["Cancelled", "Cancelled"], [await node.EndOfAsync(first), await node.EndOfAsync(second)]);
    }

    private async Task<string?[]> ListAsync(string what, params string[] filters) =>
        [.. Items((await node.JsonAsync(["runs", .. filters]))[0])
            .Select(r => what == "state" ? r.GetProperty("state").GetProperty("name").GetString() : r.GetProperty(what).GetString())];

    private static IEnumerable<JsonElement> Items(JsonElement page) =>
        page.ValueKind == JsonValueKind.Array ? page.EnumerateArray() : page.GetProperty("items").EnumerateArray();

    private static string[] Firsts(string table) => [.. table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[0])];
}

internal static class Waiting
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The name of the state a run ends in.</summary>
    public static Task<string> EndOfAsync(this NodeFixture node, string run) => UntilAsync(node.Client, run, null);

    /// <summary>Waits until a run has had a state of that name.</summary>
    public static Task<string> UntilAsync(this NodeFixture node, string run, string state) => UntilAsync(node.Client, run, state);

    /// <summary>Waits for a state of that name, or for the last one.</summary>
    public static async Task<string> UntilAsync(Client.RunnerClient client, string run, string? state)
    {
        using var patience = new CancellationTokenSource(Patience);
        var last = "";
        await foreach (var change in client.WatchRunAsync(Guid.Parse(run), 0, patience.Token))
        {
            last = change.State.Name;
            if (last == state)
            {
                return last;
            }
        }

        Assert.True(state is null, $"It ended {last} before it was {state}.");
        return last;
    }
}
