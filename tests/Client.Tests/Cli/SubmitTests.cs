using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Runner.Client.Tests.Cli;

public sealed class SubmitTests
{
    private const string Id = "0192f0c1-0000-7000-8000-000000000001";

    private const string Submitted =
        $$$"""{"id":"{{{Id}}}","created":true,"state":{"type":"Scheduled","name":"Scheduled","at":"2026-03-01T12:00:00Z"}}""";

    [Theory]
    [InlineData("Completed", "Completed", 0)]
    [InlineData("Failed", "Failed", 1)]
    [InlineData("Failed", "TimedOut", 1)]
    [InlineData("Crashed", "Crashed", 1)]
    [InlineData("Cancelled", "Cancelled", 3)]
    public async Task The_exit_code_is_the_outcome(string type, string name, int code)
    {
        await using var node = await NodeAsync(State(1, "Running", "Running") + State(2, type, name) + End, "");
        var run = await CliRun.OfAsync(node, ["submit", "hello/a", "--wait"]);

        Assert.Equal(code, run.Code);
        Assert.Equal($"Run {Id} {name} after 2.1 s\n", run.Out);
        Assert.Equal($"Run {Id} of hello/a\n", run.Error);
    }

    [Fact]
    public async Task Following_prints_output_where_it_belongs_and_states_beside_it()
    {
        await using var node = await NodeAsync(
            State(1, "Scheduled", "Scheduled") + State(2, "Running", "Running") + State(3, "Failed", "Failed") + End,
            Log("1:2:0", "stdout", "a\\n") + Log("1:2:2", "stderr", "b\\n") + End);
        var run = await CliRun.OfAsync(node, ["submit", "hello/a", "--follow"]);

        Assert.Equal((1, "a\n"), (run.Code, run.Out));
        var lines = run.Error.TrimEnd().Split('\n');
        Assert.Equal($"Run {Id} of hello/a", lines[0]);
        Assert.Contains("b", lines);
        Assert.Equal("2026-03-01 12:00:00 Failed", lines[^1]);
        Assert.Contains("2026-03-01 12:00:00 Scheduled", lines);
    }

    [Fact]
    public async Task Following_in_json_is_one_object_a_line()
    {
        await using var node = await NodeAsync(State(1, "Completed", "Completed") + End, Log("1:2:0", "stdout", "a\\n") + End);
        var run = await CliRun.OfAsync(node, ["submit", "hello/a", "--follow", "--json"]);

        var lines = run.Out.TrimEnd().Split('\n').Select(l => JsonElement.Parse(l)).ToArray();
        Assert.Equal(Id, lines[0].GetProperty("id").GetString());
        Assert.Equal("a\n", lines[1].GetProperty("text").GetString());
        Assert.Equal(1, lines[2].GetProperty("sequence").GetInt32());
        Assert.Equal((0, ""), (run.Code, run.Error));
    }

    [Fact]
    public async Task When_the_waiting_time_is_over_the_run_goes_on_and_the_exit_code_is_4()
    {
        await using var node = await NodeAsync(State(1, "Running", "Running"), "", holdOpen: true);
        var run = await CliRun.OfAsync(node, ["submit", "hello/a", "--wait", "--timeout", "200ms"]);

        Assert.Equal(4, run.Code);
        Assert.EndsWith(
            $"error: the run has not ended within 200ms and goes on. Cancel it with `runner run cancel {Id}`.\n", run.Error,
            StringComparison.Ordinal);
        Assert.DoesNotContain(node.Asked, a => a.Contains("cancel", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("submit", "hello/a", "--follow")]
    [InlineData("run", "logs", Id, "--follow")]
    public async Task Ctrl_C_while_following_detaches_and_says_how_to_cancel(params string[] args)
    {
        Action? press = null;
        await using var node = await NodeAsync(
            State(1, "Running", "Running"), Log("1:2:0", "stdout", "a\\n"), holdOpen: true, onStream: () => press!());
        var run = await CliRun.OfAsync(node, args, onInterrupt: p => press = p);

        Assert.Equal(130, run.Code);
        Assert.EndsWith($"Stopped following; the run goes on. Cancel it with `runner run cancel {Id}`.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_asked_for_is_sent()
    {
        await using var node = await NodeAsync("", "");
        var run = await CliRun.OfAsync(
            node,
            [
                "submit", "hello/a", "--parameters", """{"a":1,"b":{"c":null}}""", "-p", "a=text", "-p", "n=-5", "-p", "e=x=y", "--at", "+10m",
                "--priority", "-3", "--key", "k", "--tag", "t", "--tag", "u", "--enforce-parameter-schema", "false",
            ]);

        Assert.Equal(
            """{"parameters":{"a":"text","b":{"c":null},"e":"x=y","n":-5},"at":"2026-03-01T12:10:00+00:00","priority":-3"""
            + ""","idempotencyKey":"k","tags":["t","u"],"enforceParameterSchema":false}""",
            node.Bodies.Single());
        Assert.Equal($"Run {Id} is Scheduled.\nFollow it with `runner run logs {Id} --follow`.\n", run.Out);
    }

    [Fact]
    public async Task Parameters_may_come_from_a_file()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("p.json", """{"a":[1]}""");
        await using var node = await NodeAsync("", "");

        await CliRun.OfAsync(node, ["submit", "hello/a", "--parameters", "@" + file]);
        Assert.StartsWith("""{"parameters":{"a":[1]},""", node.Bodies.Single(), StringComparison.Ordinal);

        var gone = await CliRun.OfAsync(node, ["submit", "hello/a", "--parameters", "@/no/such"]);
        Assert.Equal(2, gone.Code);
        Assert.StartsWith("error: --parameters: '/no/such' cannot be read: ", gone.Error, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(file, [.. "{\"a\":\""u8, 0xE9, .. "\"}"u8]);
        var latin = await CliRun.OfAsync(node, ["submit", "hello/a", "--parameters", "@" + file]);
        Assert.Equal((2, $"error: --parameters: '{file}' is not UTF-8; save it as that.\nSee `runner submit --help`.\n"), (latin.Code, latin.Error));
    }

    [Fact]
    public async Task Logs_that_are_there_are_copied_each_to_its_own_output()
    {
        await using var node = await NodeAsync("", "");
        var run = await CliRun.OfAsync(node, ["run", "logs", Id]);
        Assert.Equal((0, "stdout of 2", "stderr of 2"), (run.Code, run.Out, run.Error));

        var one = await CliRun.OfAsync(node, ["run", "logs", Id, "--stream", "stderr", "--attempt", "1", "--from", "7"]);
        Assert.Equal(("", "stderr of 1"), (one.Out, one.Error));
        Assert.Equal($"GET /api/v1/runs/{Id}/logs?stream=stderr&attempt=1&from=7", node.Asked.Last());
    }

    [Fact]
    public async Task Logs_from_a_position_go_through_the_attempts_after_it()
    {
        await using var node = await NodeAsync("", "");
        var run = await CliRun.OfAsync(node, ["run", "logs", Id, "--from", "1:4:0", "--stream", "stdout", "--json"]);

        Assert.Equal(
            [
                """{"attempt":1,"stream":"stdout","position":"1:15:0","text":"stdout of 1"}""",
                """{"attempt":2,"stream":"stdout","position":"2:11:0","text":"stdout of 2"}""",
            ],
            run.Out.TrimEnd().Split('\n'));
    }

    private const string End = "event: end\ndata: {}\n\n";

    private static string State(int sequence, string type, string name) =>
        $"id: {sequence}\nevent: state\ndata: "
        + $$"""{"sequence":{{sequence}},"state":{"type":"{{type}}","name":"{{name}}","at":"2026-03-01T12:00:00Z"},"attempt":1}"""
        + "\n\n";

    private static string Log(string position, string stream, string text) =>
        $"id: {position}\nevent: log\ndata: {{\"attempt\":1,\"stream\":\"{stream}\",\"position\":\"{position}\",\"text\":\"{text}\"}}\n\n";

    private static Task<FakeNode> NodeAsync(string states, string logs, bool holdOpen = false, Action? onStream = null) => FakeNode.StartAsync(async (
        _, http) =>
    {
        var path = http.Request.Path.Value!;
        var query = http.Request.Query;
        if (http.Request.Method == "POST")
        {
            await FakeNode.JsonAsync(http, 201, Submitted);
        }
        else if (path.EndsWith("/events", StringComparison.Ordinal))
        {
            await StreamAsync(http, states, holdOpen, null);
        }
        else if (path.EndsWith("/logs", StringComparison.Ordinal) && query["follow"] == "true")
        {
            await StreamAsync(http, logs, holdOpen, onStream);
        }
        else if (path.EndsWith("/logs", StringComparison.Ordinal))
        {
            await http.Response.WriteAsync($"{query["stream"]} of {query["attempt"]}");
        }
        else
        {
            await FakeNode.JsonAsync(
                http,
                200,
                $$$"""
                {"id":"{{{Id}}}","deployment":"hello/a","state":{"type":"Running","name":"Running","at":"2026-03-01T12:00:00Z"},"sequence":3,
                 "due":"2026-03-01T12:00:00Z",
                 "created":"2026-03-01T12:00:00Z","started":"2026-03-01T12:00:00Z","ended":"2026-03-01T12:00:02.1Z","attempt":2,"maxAttempts":3,
                 "priority":0,"tags":[],
                 "parameters":{},"command":["x"],"workdir":"/","slots":[],"history":[]}
                """);
        }
    });

    private static async Task StreamAsync(HttpContext http, string events, bool holdOpen, Action? then)
    {
        await FakeNode.EventsAsync(http, events);
        then?.Invoke();
        if (holdOpen)
        {
            var gone = new TaskCompletionSource();
            await using var registration = http.RequestAborted.Register(gone.SetResult);
            await gone.Task;
        }
    }
}
