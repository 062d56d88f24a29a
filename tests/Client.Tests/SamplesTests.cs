using Runner.Client.DeploymentFiles;

namespace Runner.Client.Tests;

public class SamplesTests
{
    [Theory]
    [InlineData("hello", "hello/every-10s")]
    [InlineData("shell", "shell/largest", "shell/biggest-files")]
    [InlineData("flaky", "flaky/third-time-lucky")]
    [InlineData("limits", "limits/report", "limits/import", "limits/cleanup")]
    [InlineData("schema", "schema/report")]
    public void Every_sample_is_right_and_its_scripts_are_there(string sample, params string[] names)
    {
        var file = DeploymentFile.Load(Path.Combine(AppContext.BaseDirectory, "samples", sample, "runner.yaml"));

        Assert.Equal(names, file.Specs.Select(s => s.Name));
        Assert.All(file.Specs, s => Assert.True(s.Shell is not null || File.Exists(Path.Combine(s.Workdir, s.Command[1]))));
    }

    [Fact]
    public void The_references_example_is_right_and_it_has_a_line_for_every_field()
    {
        using var folder = new TemporaryFolder();
        var reference = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "deployment-file.md"));
        var example = reference.Split("```yaml\n")[1].Split("```")[0];

        Assert.Single(DeploymentFile.Load(folder.Write("example.yaml", example)).Specs);

        // What the reader knows is what it offers when it is given a field that resembles none.
        var wrong = folder.Write(
            "wrong.yaml",
            "deployments:\n- {name: a/b, command: [x], zzzzzzzz: 1, schedules: [{interval: 1s, zzzzzzzz: 1}], concurrency: {limit: 1, zzzzzzzz: 1}, "
            + "retries: {zzzzzzzz: 1}}");
        var problems = Assert.Throws<DeploymentFileException>(() => DeploymentFile.Load(wrong)).Problems;
        Assert.Equal(4, problems.Length);
        Assert.All(
            problems.SelectMany(p => p.Message.Split("known are ")[1].Split(", ")),
            field => Assert.Contains($"| `{field}` |", reference, StringComparison.Ordinal));
    }
}
