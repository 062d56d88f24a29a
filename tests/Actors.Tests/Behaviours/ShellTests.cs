using System.Text.Json;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Behaviour 93: a pipeline that is declared as one.</summary>
public abstract class ShellTests(TestedStore store) : BehaviourTests(store)
{
    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("it's a \"quoted\" $HOME `date` $(date) ; exit 9 | * ? \\ # &")]
    [InlineData("-n")]
    [InlineData("--")]
    [InlineData("two\nlines\n")]
    public async Task B93_a_template_of_a_pipeline_is_one_value_whatever_it_holds(string value)
    {
        await using var node = await StartAsync();
        var run = await node.Ended(await node.Run(Shell(
            "shell/pipe",
            "printf '[%s]' {{ parameters.x }} \"{{ parameters.x }} of {{ run.attempt }}\" | cat > {{ parameters.file }}; cat < {{ parameters.file }}",
            node) with
        {
            Parameters = Replies.Json(
                $$"""{"x":"{{JsonEncodedText.Encode(value)}}","file":"out {{JsonEncodedText.Encode(value.ReplaceLineEndings("_"))}}"}"""),
        }));

        Assert.Equal((StateNames.Completed, $"[{value}][{value} of 1]"), (run.State.Name, node.Stdout(run.Id)));
        Assert.Empty(run.Command);
        Assert.StartsWith("printf", run.Shell, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B93_its_exit_code_is_the_shells_and_a_text_that_begins_with_a_dash_is_none_of_its_options()
    {
        await using var node = await StartAsync();
        Assert.Equal(7, (await node.Ended(await node.Run(Shell("shell/code", "true | exit 7", node)))).ExitCode);
        // As sh has it: of a pipeline the last program's counts.
        Assert.Equal(0, (await node.Ended(await node.Run(Shell("shell/last", "exit 7 | true", node)))).ExitCode);
        Assert.Equal(127, (await node.Ended(await node.Run(Shell("shell/dash", "-x", node)))).ExitCode);
    }

    [Fact]
    public async Task B93_a_stop_reaches_every_program_of_the_pipeline()
    {
        await using var node = await StartAsync();
        var line = new LifeLine(node.Fifo("life"));
        var run = await node.Run(Shell("shell/stop", $"{line.Hold} (sleep 600; true) | (sleep 601; true) | sleep 602; exit 0", node));
        await node.Until(run, StateNames.Running);

        await node.Cancel(run);

        Assert.Equal(StateNames.Cancelled, (await node.Ended(run)).State.Name);
        await line.CutAsync();
    }

    [Fact]
    public async Task B93_a_value_that_no_argument_holds_is_named()
    {
        await using var node = await StartAsync();
        var run = await node.Ended(await node.Run(
            Shell("shell/long", "echo {{ parameters.x }}", node) with { Parameters = Replies.Json($$"""{"x":"{{new string('x', 200_000)}}"}""") }));
        Assert.Equal(StateNames.Crashed, run.State.Name);
        Assert.StartsWith("Arguments too long: '{{ parameters.x }}' is longer than the 128 KiB", run.State.Message, StringComparison.Ordinal);
    }

    private static DeploymentSpec Shell(string name, string text, NodeFixture node) =>
        new() { Name = name, Shell = text, Workdir = node.Work, StopGrace = TimeSpan.FromSeconds(10) };
}

public sealed class ShellOnSqliteTests() : ShellTests(TestedStore.Sqlite);

public sealed class ShellOnPostgresTests() : ShellTests(TestedStore.PostgreSql);
