using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Runner.Client.Tests.Cli;

public sealed class CommandTests : IDisposable
{
    private const string Id = "0192f0c1-0000-7000-8000-000000000001";
    private readonly TemporaryFolder _folder = new();

    private const string RunsPage =
        """
        {"items":[
          {"id":"0192f0c1-0000-7000-8000-000000000001","deployment":"hello/a",
           "state":{"type":"Completed","name":"Completed","at":"2026-03-01T11:58:02Z"},
           "due":"2026-03-01T11:58:00Z","created":"2026-03-01T11:58:00Z","started":"2026-03-01T11:58:00Z","ended":"2026-03-01T11:58:02.1Z",
           "attempt":1,"priority":0,"tags":[]},
          {"id":"0192f0c2-0000-7000-8000-000000000002","deployment":"hello/bb",
           "state":{"type":"Scheduled","name":"AwaitingConcurrencySlot","at":"2026-03-01T11:58:02Z"},
           "due":"2026-03-01T15:20:00Z","created":"2026-03-01T11:58:00Z","attempt":0,"priority":0,"tags":[],"waitingFor":"data\u001bbase"}
        ],"next":"abc"}
        """;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Runs_are_an_aligned_table_with_a_hint_at_the_next_page()
    {
        await using var node = await FakeNode.AnsweringAsync(200, RunsPage);
        var run = await CliRun.OfAsync(node, ["runs", "--since", "2h", "--state", "any one"]);

        Assert.Equal(
            "ID                                    DEPLOYMENT  STATE                    DUE                                  "
            + "DURATION  ATTEMPT  WAITING FOR\n"
            + "0192f0c1-0000-7000-8000-000000000001  hello/a     Completed                2026-03-01 11:58:00 (2 min ago)      2.1 s     1\n"
            + "0192f0c2-0000-7000-8000-000000000002  hello/bb    AwaitingConcurrencySlot  2026-03-01 15:20:00 (in 3 h 20 min)  "
            + "                   data base\n",
            run.Out);
        Assert.Equal("More: runner runs --state 'any one' --since 2026-03-01T10:00:00Z --after abc\n", run.Error);
        Assert.Equal(["GET /api/v1/runs?state=any%20one&since=2026-03-01T10%3A00%3A00Z&limit=50"], node.Asked);
    }

    [Theory]
    [InlineData("--all", 2_500, "limit=1000", "limit=1000&after=1000", "limit=1000&after=2000")]
    [InlineData("--limit 1200", 1_200, "limit=1000", "limit=200&after=1000")]
    [InlineData("--limit 7 --after 30", 7, "limit=7&after=30")]
    public async Task A_list_longer_than_a_page_is_put_together_of_pages(string options, int items, params string[] asked)
    {
        await using var node = await FakeNode.StartAsync(async (_, http) =>
        {
            int Number(string name) => int.TryParse(http.Request.Query[name], CultureInfo.InvariantCulture, out var number) ? number : 0;
            var names = Enumerable.Range(Number("after"), 2_500 - Number("after")).Take(Number("limit")).ToArray();
            var next = names[^1] == 2_499 ? "null" : $"\"{names[^1] + 1}\"";
            var limits = names.Select(n => $$"""{"name":"l{{n}}","kind":"Named","size":1,"held":0,"holders":[],"waiters":[],"moreWaiting":false}""");
            await FakeNode.JsonAsync(http, 200, $$"""{"items":[{{string.Join(',', limits)}}],"next":{{next}}}""");
        });

        var run = await CliRun.OfAsync(node, ["limits", "--json", .. options.Split(' ')]);

        var page = JsonElement.Parse(run.Out);
        Assert.Equal(items, page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("name").GetString()).Distinct().Count());
        Assert.Equal(items == 2_500, !page.TryGetProperty("next", out _));
        Assert.Equal(asked.Select(query => $"GET /api/v1/limits?{query}"), node.Asked);
    }

    [Fact]
    public async Task Colour_is_for_terminals_and_for_those_who_want_it()
    {
        await using var node = await FakeNode.AnsweringAsync(200, RunsPage);

        Assert.DoesNotContain('\u001b', (await CliRun.OfAsync(node, ["runs"])).Out);
        Assert.Contains("\u001b[32mCompleted\u001b[0m  ", (await CliRun.OfAsync(node, ["runs"], terminal: true)).Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', (await CliRun.OfAsync(node, ["runs"], terminal: true, new() { ["NO_COLOR"] = "1" })).Out);
    }

    [Fact]
    public async Task Json_is_the_apis_own_on_one_line()
    {
        await using var node = await FakeNode.AnsweringAsync(200, RunsPage);
        var run = await CliRun.OfAsync(node, ["runs", "--json"]);

        Assert.Equal("abc", JsonElement.Parse(Assert.Single(run.Out.TrimEnd().Split('\n'))).GetProperty("next").GetString());
        Assert.Equal("", run.Error);
    }

    [Fact]
    public async Task A_run_is_shown_with_its_history()
    {
        await using var node = await FakeNode.AnsweringAsync(200, RunView("Failed"));
        var run = await CliRun.OfAsync(node, ["run", "show", Id]);

        Assert.Equal(
            """
            Run          0192f0c1-0000-7000-8000-000000000001
            Deployment   hello/a
            State        Failed
            Message      exit code 1: a general error
            Exit code    1
            Due          2026-03-01 11:58:00 (2 min ago)
            Created      2026-03-01 11:58:00 (2 min ago)
            Started      2026-03-01 11:58:00 (2 min ago)
            Ended        2026-03-01 11:58:02 (1 min 58 s ago)
            Duration     2.0 s
            Attempt      1 of at most 2
            Tags         x, y
            Parameters   {"name":"world"}
            Command      echo 'a b'
            Folder       /tmp
            Slots        database #2
            Result       {"n":1}

            TIME                     AFTER  STATE      ATTEMPT  EXIT CODE  MESSAGE
            2026-03-01 11:58:00.000         Scheduled
            2026-03-01 11:58:00.250  250 ms  Running    1
            2026-03-01 11:58:02.000  1.8 s  Failed     1        1          exit code 1: a general error

            """.ReplaceLineEndings("\n").Replace("AFTER  STATE", "AFTER   STATE", StringComparison.Ordinal)
                .Replace(".000         Scheduled", ".000          Scheduled", StringComparison.Ordinal)
                .Replace("1.8 s  Failed", "1.8 s   Failed", StringComparison.Ordinal),
            run.Out);
    }

    [Fact]
    public async Task A_run_may_be_named_by_its_beginning()
    {
        await using var node = await FakeNode.StartAsync((n, http) =>
            FakeNode.JsonAsync(http, 200, http.Request.Path.Value!.EndsWith("/runs", StringComparison.Ordinal) ? RunsPage : RunView("Failed")));

        Assert.Equal(0, (await CliRun.OfAsync(node, ["run", "show", "0192f0c1"])).Code);
        Assert.Equal(["GET /api/v1/runs?limit=1000", $"GET /api/v1/runs/{Id}"], node.Asked);
        Assert.Contains(
            "More than one run begins or ends with '0192'", (await CliRun.OfAsync(node, ["run", "show", "0192"])).Error, StringComparison.Ordinal);
        Assert.Contains(
            "None of the latest 1,000 runs begins or ends with 'ffff'", (await CliRun.OfAsync(node, ["run", "show", "ffff"])).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deploying_says_what_was_done_to_each()
    {
        var file = _folder.Write("runner.yaml", "deployments: [{name: a/b, command: [x]}]");
        await using var node = await FakeNode.AnsweringAsync(
            200,
            """
            [{"name":"a/b","outcome":"Created","changes":[],"nextRun":"2026-03-01T12:00:07Z","paused":false},
             {"name":"a/longer","outcome":"Changed","changes":["command","timeout"],"paused":false},
             {"name":"a/c","outcome":"Unchanged","changes":[],"paused":true}]
            """);
        var run = await CliRun.OfAsync(node, ["deploy", file, "--dry-run"]);

        Assert.Equal(
            """
            created    a/b       next run 2026-03-01 12:00:07 (in 7 s)
            changed    a/longer  runs when asked                        changed: command, timeout
            unchanged  a/c       paused

            """.ReplaceLineEndings("\n"),
            run.Out);
        Assert.Equal(["PUT /api/v1/deployments?dryRun=true"], node.Asked);
    }

    [Fact]
    public async Task What_the_node_refuses_of_a_file_is_printed_with_its_line()
    {
        var file = _folder.Write("runner.yaml", "deployments:\n  - name: a/b\n    command: [x]\n    timeout: 0s\n");
        await using var node = await FakeNode.AnsweringAsync(
            400, """{"code":"deployment-invalid","detail":"No.","problems":[{"field":"deployments[0].timeout","message":"is at least 100ms"}]}""");
        var run = await CliRun.OfAsync(node, ["deploy", file]);

        Assert.Equal(
            (1, $"error: one problem; nothing was deployed.\n{file}:4:5: deployments[0].timeout: is at least 100ms\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task A_wrong_file_asks_no_node()
    {
        var file = _folder.Write("runner.yaml", "deployments: [{name: a/b}]");
        var run = await CliRun.OfAsync(null, ["deploy", file]);
        Assert.Equal(1, run.Code);
        Assert.StartsWith(
            $"error: one problem; nothing was deployed.\n{file}:1:15: deployments[0].command: is required", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_show_holders_and_waiters()
    {
        await using var node = await FakeNode.AnsweringAsync(
            200,
            """
            {"items":[{"name":"database","kind":"Named","size":1,"held":1,"holders":[{"run":"0192f0c1-0000-7000-8000-000000000001","slot":0}],
                       "waiters":["0192f0c2-0000-7000-8000-000000000002"],"moreWaiting":false},
                      {"name":"idle","kind":"Named","held":0,"holders":[],"waiters":[],"moreWaiting":false}]}
            """);

        Assert.Equal(
            """
            LIMIT     KIND   SIZE       HELD  WAITING
            database  named  1          1     1
            idle      named  unlimited  0     0

            database
              held by  0192f0c1-0000-7000-8000-000000000001  slot 0
              waiting  0192f0c2-0000-7000-8000-000000000002  next

            """.ReplaceLineEndings("\n"),
            (await CliRun.OfAsync(node, ["limits"])).Out);
    }

    [Fact]
    public async Task A_limit_is_set_and_deleted()
    {
        await using var node = await FakeNode.AnsweringAsync(200, """{"name":"database","size":5,"changed":true}""");

        Assert.Equal("Limit database is 5.\n", (await CliRun.OfAsync(node, ["limit", "set", "database", "5"])).Out);
        Assert.Equal(
            "Limit database is deleted: runs that hold a slot of it or wait for one keep to it, and it is gone after the last of them.\n",
            (await CliRun.OfAsync(node, ["limit", "delete", "database"])).Out);
        Assert.Equal(["PUT /api/v1/limits/database", "DELETE /api/v1/limits/database"], node.Asked);
        Assert.Equal("""{"size":5}""", node.Bodies.First());
    }

    [Fact]
    public async Task A_deployment_is_paused_resumed_and_deleted()
    {
        await using var node = await FakeNode.AnsweringAsync(200, """{"name":"a/b","changed":false}""");

        Assert.Equal("a/b was paused already.\n", (await CliRun.OfAsync(node, ["deployment", "pause", "a/b"])).Out);
        Assert.Equal("a/b was not paused.\n", (await CliRun.OfAsync(node, ["deployment", "resume", "a/b"])).Out);
        await CliRun.OfAsync(node, ["deployment", "delete", "a/b", "--runs", "cancel"]);
        Assert.Equal(
            ["POST /api/v1/deployments/a/b/pause", "POST /api/v1/deployments/a/b/resume", "DELETE /api/v1/deployments/a/b?runs=cancel"], node.Asked);
    }

    [Fact]
    public async Task Several_problems_are_a_list()
    {
        await using var node = await FakeNode.AnsweringAsync(
            400,
            """{"code":"submission-invalid","detail":"x","problems":[{"field":"at","message":"too far"},{"field":"tags","message":"too many"}]}""");
        var run = await CliRun.OfAsync(node, ["submit", "a/b"]);

        Assert.Equal((1, "error: the node refused this (submission-invalid):\n  at: too far\n  tags: too many\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task No_node_is_one_sentence_and_exit_1()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var url = $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}";
        var run = await CliRun.OfAsync(null, ["runs", "--url", url]);

        Assert.Equal(
            (1, $"error: No node answers at {url}. Start one with `runner serve FILE` or `runner node`, or name another with --url.\n"),
            (run.Code, run.Error));
    }

    private static string RunView(string state) =>
        $$"""
        {"id":"{{Id}}","deployment":"hello/a","state":{"type":"{{state}}","name":"{{state}}","at":"2026-03-01T11:58:02Z",
         "message":"exit code 1: a general error"},
         "sequence":3,"due":"2026-03-01T11:58:00Z","created":"2026-03-01T11:58:00Z","started":"2026-03-01T11:58:00Z","ended":"2026-03-01T11:58:02Z",
         "attempt":1,"maxAttempts":2,"priority":0,"exitCode":1,"tags":["x","y"],"parameters":{"name":"world"},"command":["echo","a b"],
         "workdir":"/tmp",
         "slots":[{"limit":"database","number":2}],"result":{"n":1},
         "history":[{"sequence":1,"state":{"type":"Scheduled","name":"Scheduled","at":"2026-03-01T11:58:00Z"},"attempt":0},
                    {"sequence":2,"state":{"type":"Running","name":"Running","at":"2026-03-01T11:58:00.25Z"},"attempt":1},
                    {"sequence":3,"state":{"type":"{{state}}","name":"{{state}}","at":"2026-03-01T11:58:02Z",
                     "message":"exit code 1: a general error"},"attempt":1,"exitCode":1}]}
        """;
}
