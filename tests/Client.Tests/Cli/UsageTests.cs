using System.Globalization;

namespace Runner.Client.Tests.Cli;

public class UsageTests
{
    [Theory]
    [InlineData("sumbit x/y", "error: 'sumbit' is not a command; did you mean 'submit'?\nSee `runner --help`.\n")]
    [InlineData("run shwo 1234", "error: 'shwo' is not a command; did you mean 'show'?\nSee `runner run --help`.\n")]
    [InlineData("runs --sate x", "error: '--sate' is not an option here; did you mean '--state'?\nSee `runner runs --help`.\n")]
    [InlineData(
        "submit a/b --priority high",
        "error: --priority: expected a whole number from -1000 to 1000; there is 'high'.\nSee `runner submit --help`.\n")]
    [InlineData(
        "submit a/b --wait --timeout soon",
        "error: --timeout: expected a duration such as 500ms, 10s, 5m, 1h30m or 2d; there is 'soon'.\nSee `runner submit --help`.\n")]
    [InlineData("submit a/b --timeout 1s", "error: --timeout says how long to wait: it needs --wait or --follow.\nSee `runner submit --help`.\n")]
    [InlineData("submit a/b -p x", "error: -p: expected KEY=VALUE, such as -p name=world; there is 'x'.\nSee `runner submit --help`.\n")]
    [InlineData(
        "submit a/b --parameters [1]",
        "error: --parameters: expected a JSON object, such as {\"name\": \"world\"}; there is an array.\nSee `runner submit --help`.\n")]
    [InlineData(
        "submit a/b --parameters {\"a\":1,\"a\":2}",
        "error: --parameters: expected a JSON object: Duplicate property 'a' encountered during deserialization.\nSee `runner submit --help`.\n")]
    [InlineData("submit a/b --parameters {\"\\ud800\":1}", "error: --parameters: expected a JSON object: "
        + "half of a surrogate pair (such as \\ud800 alone) is no character\nSee `runner submit --help`.\n")]
    [InlineData("submit a/b --parameters {\"a\":[{\"b\":\"\\udc00\"}]}", "error: --parameters: expected a JSON object: "
        + "half of a surrogate pair (such as \\ud800 alone) is no character\nSee `runner submit --help`.\n")]
    [InlineData(
        "submit a/b -p x=\"\\ud800\"",
        "error: -p x: half of a surrogate pair (such as \\ud800 alone) is no character\nSee `runner submit --help`.\n")]
    [InlineData(
        "submit a/b -p x={\"a\":1,\"a\":2}",
        "error: -p x: Duplicate property 'a' encountered during deserialization.\nSee `runner submit --help`.\n")]
    [InlineData("submit a/b --at 5pm", "error: --at: expected an instant with its offset from UTC, "
        + "such as 2026-01-31T04:00:00Z or 2026-01-31T04:00:00+01:00, or a distance such as +10m; there is '5pm'.\nSee `runner submit --help`.\n")]
    [InlineData("run show xyz", "error: 'xyz' is not a run's id: expected one as `runner runs` shows, "
        + "or at least 4 digits of its beginning or end.\nSee `runner run show --help`.\n")]
    [InlineData(
        "run logs 0192f0c1 --from 10",
        "error: --from: an offset alone needs --stream to say of which output it is.\nSee `runner run logs --help`.\n")]
    [InlineData("run logs 0192f0c1 --stream both", "error: --stream: expected stdout or stderr; there is 'both'.\nSee `runner run logs --help`.\n")]
    [InlineData("--state failed runs", "error: '--state' is an option of `runner runs`: write it behind the command.\nSee `runner runs --help`.\n")]
    [InlineData("--url http://x completion bash", "error: '--url' is not an option here.\nSee `runner completion bash --help`.\n")]
    [InlineData("--rul http://x runs", "error: '--rul' is not an option here; did you mean '--url'?\nSee `runner runs --help`.\n")]
    [InlineData("--url http://x", "error: A command is missing: expected deploy, deployments, deployment, schedule, submit, runs, run, limits, "
        + "limit, nodes, drain, health, export, import, backup, completion, prune.\nSee `runner --help`.\n")]
    [InlineData("run", "error: A command is missing: expected show, logs, cancel, retry.\nSee `runner run --help`.\n")]
    [InlineData("submit a/b --priority", "error: Required argument missing for option: '--priority'.\nSee `runner submit --help`.\n")]
    [InlineData("deploy --dryrun x.yaml", "error: '--dryrun' is not an option here; did you mean '--dry-run'?\nSee `runner deploy --help`.\n")]
    [InlineData("import x.yaml --everything", "error: '--everything' is not an option here.\nSee `runner import --help`.\n")]
    [InlineData("runs --limit 0", "error: --limit: expected a whole number from 1 to 1000000; there is '0'.\nSee `runner runs --help`.\n")]
    [InlineData("runs --limit 5 --limit 6", "error: Option '--limit' expects a single argument but 2 were provided.\nSee `runner runs --help`.\n")]
    [InlineData("limit set x many", "error: size: expected a whole number from 1 to 1000000; there is 'many'.\nSee `runner limit set --help`.\n")]
    [InlineData(
        "deployment delete a/b --runs all", "error: --runs: expected keep or cancel; there is 'all'.\nSee `runner deployment delete --help`.\n")]
    public async Task Wrong_usage_exits_2_says_what_was_expected_and_asks_no_node(string line, string expected)
    {
        await using var node = await FakeNode.AnsweringAsync(500, "");
        var run = await CliRun.OfAsync(node, line.Split(' '));

        Assert.Equal((2, expected, ""), (run.Code, run.Error, run.Out));
        Assert.Empty(node.Asked);
    }

    [Theory]
    [InlineData("submit")]
    [InlineData("run")]
    [InlineData("deploy")]
    [InlineData("limit set x")]
    [InlineData("")]
    public async Task A_command_line_that_lacks_something_exits_2_with_a_hint_at_the_help(string line)
    {
        var run = await CliRun.OfAsync(null, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, run.Code);
        Assert.Contains("--help`.", run.Error, StringComparison.Ordinal);
        Assert.Equal("", run.Out);
    }

    [Theory]
    [InlineData("deploy")]
    [InlineData("deployments")]
    [InlineData("deployment show")]
    [InlineData("deployment pause")]
    [InlineData("deployment resume")]
    [InlineData("deployment delete")]
    [InlineData("submit")]
    [InlineData("runs")]
    [InlineData("run show")]
    [InlineData("run logs")]
    [InlineData("run cancel")]
    [InlineData("run retry")]
    [InlineData("limits")]
    [InlineData("limit set")]
    [InlineData("limit delete")]
    public async Task Every_command_has_a_help_with_an_example(string command)
    {
        var run = await CliRun.OfAsync(null, [.. command.Split(' '), "--help"]);
        Assert.Equal(0, run.Code);
        Assert.Contains($"Usage:\n  runner {command} ", run.Out, StringComparison.Ordinal);
        Assert.Contains($"Example:\n  runner {command}", run.Out, StringComparison.Ordinal);
        Assert.Contains("--json", run.Out, StringComparison.Ordinal);
        Assert.Contains("--url", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--url {0} deployments --json")]
    [InlineData("--url={0} --json deployments")]
    [InlineData("--json deployments --url {0}")]
    [InlineData("deployments --json --url {0}")]
    [InlineData("deployment --url {0} show --json a/b")]
    [InlineData("--json --url {0} deployment show a/b")]
    public async Task B80_options_that_all_commands_share_stand_before_or_after_the_command(string line)
    {
        await using var node = await FakeNode.AnsweringAsync(404, """{"code":"x","detail":"Asked."}""");
        var run = await CliRun.OfAsync(null, string.Format(CultureInfo.InvariantCulture, line, node.Url.ToString().TrimEnd('/')).Split(' '));

        Assert.Equal((1, "error: Asked.\n"), (run.Code, run.Error));
        Assert.Single(node.Asked);
    }

    [Theory]
    [InlineData("deployment delete", "<name>")]
    [InlineData("schedule pause", "<name> <id>")]
    [InlineData("run show", "<id>")]
    [InlineData("limit delete", "<name>")]
    public async Task B83_a_help_asks_no_node_and_lists_no_names(string command, string arguments)
    {
        await using var node = await FakeNode.AnsweringAsync(200, """{"items":[]}""");
        var run = await CliRun.OfAsync(node, [.. command.Split(' '), "--help"]);

        Assert.Contains($"runner {command} {arguments} [options]\n", run.Out, StringComparison.Ordinal);
        Assert.Empty(node.Asked);
    }

    [Fact]
    public async Task The_version_is_printed()
    {
        var run = await CliRun.OfAsync(null, ["--version"]);
        Assert.Equal(0, run.Code);
        Assert.NotEqual("", run.Out.Trim());
    }
}
