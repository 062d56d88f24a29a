namespace Runner.Host.Tests.EndToEnd;

/// <summary>A program that uses `runner` itself, with what its node gave it.</summary>
public sealed class OwnTokenTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    [Fact]
    public async Task A_program_shows_and_cancels_its_own_run_with_runner_and_may_do_nothing_else()
    {
        node.Write("own.sh", $"""
            r() (dotnet exec '{RunnerProgram.File}' "$@"; echo "[$?]")
            r run show $RUNNER_RUN_ID 2>&1
            r run show $1 2>&1
            r submit own/other 2>&1
            r runs 2>&1
            r limit set x 1 2>&1
            echo ready
            r run cancel $RUNNER_RUN_ID 2>&1
            exec sleep 1000
            """);
        await node.DeployAsync("own.yaml", """
            deployments:
              - {name: own/other, command: ["true"]}
              - {name: own/it, command: [sh, own.sh, "{{ parameters.other }}"], parameters: {other: none}}
            """);
        var other = await node.SubmitAsync("own/other");
        await node.EndOfAsync(other);

        var run = await node.SubmitAsync("own/it", "-p", $"other={other}");

        Assert.Equal("Cancelled", await node.EndOfAsync(run));
        var printed = await node.DoAsync("run", "logs", run, "--stream", "stdout");
        Cleanly.Check(printed);
        Assert.Contains($"Run          {run}", printed, StringComparison.Ordinal);
        // Its own run is shown; the other one, a submission, the list and the limit are refused.
        var codes = printed.Split('\n').Where(l => l.StartsWith('[')).ToArray();
        Assert.Equal(["[0]", "[1]", "[1]", "[1]", "[1]"], codes.Take(5));
        Assert.Equal(
            4, printed.Split('\n').Count(l => l.StartsWith("error: ", StringComparison.Ordinal) && l.Contains("own run", StringComparison.Ordinal)));
    }
}
