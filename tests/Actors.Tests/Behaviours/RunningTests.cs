using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Behaviours 9 to 15: what a program gets, and what becomes of what it does.</summary>
public abstract class RunningTests(TestedStore store) : BehaviourTests(store)
{
    [Fact]
    public async Task B92_templates_are_filled_in_for_each_attempt()
    {
        await using var node = await StartAsync();
        Directory.CreateDirectory(node.InWork("of-2"));
        var spec = node.Program(
            "templates/run", "/bin/sh", "-c", "pwd > ../where; echo \"$*|$DUE\"; test $1 = 2", "sh", "{{ run.attempt }}", "{{ run.id }}",
            "{{ deployment.name }}", "{{ run.schedule }}") with
        {
            Workdir = node.InWork("of-{{ run.attempt }}"), Env = ImmutableSortedDictionary<string, EnvValue?>.Empty.Add("DUE", "{{ run.due }}"),
            Retries = new RetrySpec { Count = 1 },
        };

        var run = await node.Ended(await node.Run(spec));

        // There is no folder for the first attempt.
        Assert.Equal((StateNames.Completed, 2), (run.State.Name, run.Attempt));
        Assert.Equal($"2 {run.Id:D} templates/run |{run.Due.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.FFFFFFF}Z\n", node.Stdout(run.Id, 2));
        Assert.Equal([node.InWork("of-2")], node.Lines("where"));
    }

    [Fact]
    public async Task B92_what_is_too_long_with_its_templates_crashes_the_run_and_names_the_argument()
    {
        await using var node = await StartAsync();
        var spec = node.Program("templates/long", "/bin/echo", string.Concat(
            Enumerable.Repeat("{{ parameters.a }}", 1000))) with { Parameters = Replies.Json($$"""{"a":"{{new string('x', 500_000)}}"}""") };

        var run = await node.Ended(await node.Run(spec));

        Assert.Equal(StateNames.Crashed, run.State.Name);
        Assert.StartsWith(
            "Arguments too long: 'command[1]' is longer when '{{ parameters.a }}' is filled in", run.State.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B09_directory_environment_parameters_and_code_arrive_as_declared()
    {
        await using var node = await StartAsync();
        File.WriteAllText(node.InWork("code.py"), """
            import json, os, sys
            print(json.dumps({"cwd": os.getcwd(), "argv": sys.argv[1:], "env": dict(os.environ)}))
            """);
        var due = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(1));
        await node.Register(node.Program(
            "given/all", "python3", "code.py", "{{ parameters.name }}", "it's; $HOME *", "{{ parameters.list }}", "") with
        {
            Env = new Dictionary<string, EnvValue?> { ["GREETING"] = "hi {{ parameters.name }}", ["HOME"] = null, ["EMPTY"] = "" }
                .ToImmutableSortedDictionary(),
            Parameters = Replies.Json("""{"name": "a b", "list": [1, {"x": null}], "none": null}"""),
        });

        var reply = await node.Node.AskAsync(
            new SubmitRun("given/all", Replies.Json("""{"name": "wörld \"q\""}"""), At: due), CancellationToken.None);
        var run = await node.Ended(reply.Accepted().Id);

        Assert.Equal((StateNames.Completed, ""), (run.State.Name, node.Stderr(run.Id)));
        using var seen = JsonDocument.Parse(node.Stdout(run.Id));
        var env = seen.RootElement.GetProperty("env");
        string? Variable(string name) => env.TryGetProperty(name, out var value) ? value.GetString() : null;
        Assert.Equal(node.Work, seen.RootElement.GetProperty("cwd").GetString());
        Assert.Equal(
            ["wörld \"q\"", "it's; $HOME *", """[1, {"x": null}]""", ""],
            seen.RootElement.GetProperty("argv").EnumerateArray().Select(a => a.GetString()!));
        Assert.Equal(("hi wörld \"q\"", null, ""), (Variable("GREETING"), Variable("HOME"), Variable("EMPTY")));
        Assert.Equal(
            (run.Id.ToString("D"), "1", "given/all"), (Variable("RUNNER_RUN_ID"), Variable("RUNNER_ATTEMPT"), Variable("RUNNER_DEPLOYMENT")));
        Assert.Equal("2026-01-02T02:04:05.678Z", Variable("RUNNER_SCHEDULED_TIME"));
        Assert.Equal("http://localhost:1", Variable("RUNNER_API_URL"));
        using var parameters = JsonDocument.Parse(Variable("RUNNER_PARAMETERS")!);
        using var expected = JsonDocument.Parse("""{"name": "wörld \"q\"", "list": [1, {"x": null}], "none": null}""");
        Assert.True(JsonElement.DeepEquals(expected.RootElement, parameters.RootElement), Variable("RUNNER_PARAMETERS"));
    }

    [Fact]
    public async Task B09_a_schedules_parameters_stand_over_the_deployments_and_a_result_is_kept()
    {
        await using var node = await StartAsync();
        await node.Register(node.Shell("given/schedule", "echo \"$RUNNER_PARAMETERS\" > \"$RUNNER_RESULT_FILE\"") with
        {
            Parameters = Replies.Json("""{"name": "world", "kept": 1}"""),
            Schedules = [new ScheduleSpec { Interval = TimeSpan.FromMilliseconds(300), Parameters = Replies.Json("""{"name": "sunday"}""") }],
        });

        var run = (await node.EndedRuns("given/schedule", 1)).First(r => r.State.IsTerminal); // perhaps not the first that was due

        var view = await node.View(run.Id);
        Assert.Equal("""{"kept":1,"name":"sunday"}""", view.Result!.Value.GetRawText());
        Assert.NotNull(view.Schedule);
    }

    [Fact]
    public async Task B09_parameters_too_large_for_the_environment_come_in_a_file()
    {
        await using var node = await StartAsync();
        var text = new string('x', 200_000);
        await node.Register(node.Program(
            "given/large", "python3", "-c",
            "import json, os; print(len(json.load(open(os.environ['RUNNER_PARAMETERS_FILE']))['text']), 'RUNNER_PARAMETERS' in os.environ)"));

        var reply = await node.Node.AskAsync(new SubmitRun("given/large", Replies.Json($$"""{"text": "{{text}}"}""")), CancellationToken.None);
        var run = await node.Ended(reply.Accepted().Id);

        Assert.Equal("200000 False\n", node.Stdout(run.Id));
    }

    [Fact]
    public async Task B10_output_is_complete_to_the_last_byte_and_in_order_also_of_a_program_that_dies()
    {
        await using var node = await StartAsync();
        var long_ = await node.Run(node.Program(
            "output/long", "python3", "-c",
            "import os, sys; [sys.stdout.write(f'{i}\\n') for i in range(100000)]; sys.stdout.write('end'); sys.stdout.flush(); "
            + "os.kill(os.getpid(), 9)"));
        var short_ = await node.Run(node.Shell("output/short", "printf out; printf err >&2; exit 7"));

        Assert.Equal(StateNames.Crashed, (await node.Ended(long_)).State.Name);
        Assert.Equal(StateNames.Failed, (await node.Ended(short_)).State.Name);

        Assert.Equal(string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i}\n")) + "end", node.Stdout(long_));
        Assert.Equal(("out", "err"), (node.Stdout(short_), node.Stderr(short_)));
    }

    [Theory]
    [InlineData("exit 0", StateNames.Completed, 0, null)]
    [InlineData("exit 3", StateNames.Failed, 3, null)]
    [InlineData("exit 255", StateNames.Failed, 255, null)]
    [InlineData("kill -11 $$", StateNames.Crashed, 139, 11)]
    [InlineData("kill -9 $$", StateNames.Crashed, 137, 9)]
    [InlineData("kill -15 $$", StateNames.Crashed, 143, 15)]
    public async Task B11_zero_completes_another_code_fails_and_a_foreign_signal_crashes(string script, string state, int code, int? signal)
    {
        await using var node = await StartAsync();

        var run = await node.Ended(await node.Run(node.Shell("exit/code", script)));

        Assert.Equal((state, code, signal), (run.State.Name, run.ExitCode, run.Signal));
        Assert.Equal(state == StateNames.Completed, run.State.Message is null);
        var listed = Assert.Single(await node.Runs("exit/code"));
        Assert.Equal((state, code), (listed.State.Name, listed.ExitCode));
    }

    [Theory]
    [InlineData("kill -9 $$", "killed", "out-of-memory killer in the system's log")]
    [InlineData("exit 137", "killed", "out-of-memory killer in the system's log")]
    [InlineData("kill -15 $$", "terminated", "Run it again")]
    [InlineData("exit 143", "terminated", "Run it again")]
    [InlineData("exit 1", "general error", "Read its output")]
    [InlineData("exit 125", "container failed to run", "Check the image's name")]
    [InlineData("exit 126", "not executable", "Check its permissions")]
    [InlineData("exit 127", "not found", "Check its spelling")]
    [InlineData("exit 247", "high memory use", "Give it more memory")]
    public async Task B12_a_bad_end_is_explained_with_what_to_do_about_it(string script, string what, string remedy)
    {
        await using var node = await StartAsync();

        var run = await node.Ended(await node.Run(node.Shell("exit/explained", script)));

        Assert.Contains(what, run.State.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, run.State.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B13_a_start_that_fails_is_crashed_with_the_reason()
    {
        await using var node = await StartAsync();
        File.WriteAllText(node.InWork("plain.txt"), "no program");
        (DeploymentSpec Spec, int? Code, string Words)[] cases =
        [
            (node.Program("start/missing", "no-such-program-anywhere"), 127, "no-such-program-anywhere"),
            (node.Program("start/plain", "./plain.txt"), 126, "plain.txt"),
            (node.Program("start/folder", "/bin/true") with { Workdir = node.InWork("absent") }, null, node.InWork("absent")),
            (node.Program("start/user", "/bin/true") with { User = "nobody-of-this-name" }, null, "nobody-of-this-name"),
        ];
        foreach (var (spec, code, words) in cases)
        {
            var run = await node.Ended(await node.Run(spec));

            Assert.Equal((StateType.Crashed, code), (run.State.Type, run.ExitCode));
            Assert.Contains(words, run.State.Message, StringComparison.Ordinal);
            Assert.Equal([StateNames.Scheduled, StateNames.Submitting, StateNames.Crashed], run.Names());
        }
    }

    [Fact]
    public async Task B14_a_program_that_reads_its_input_gets_end_of_file()
    {
        await using var node = await StartAsync();

        var run = await node.Ended(await node.Run(node.Shell("input/none", "cat; wc -c")));

        Assert.Equal((StateNames.Completed, 0), (run.State.Name, int.Parse(node.Stdout(run.Id), CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task B15_a_grandchild_that_keeps_the_output_open_does_not_keep_the_run_open()
    {
        await using var node = await StartAsync();

        var run = await node.Ended(await node.Run(node.Shell("child/left", "sleep 600 & echo done")));

        Assert.Equal((StateNames.Completed, "done\n"), (run.State.Name, node.Stdout(run.Id)));
    }
}

public sealed class RunningOnSqliteTests() : RunningTests(TestedStore.Sqlite);

public sealed class RunningOnPostgresTests() : RunningTests(TestedStore.PostgreSql);
