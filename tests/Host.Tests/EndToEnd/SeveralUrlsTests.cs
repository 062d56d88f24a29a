using Runner.Client;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>`runner` with the addresses of several nodes, of which some are gone.</summary>
public sealed class SeveralUrlsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("runner-urls-").FullName;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_command_goes_on_with_another_node_and_says_of_each_why_none_answers()
    {
        using var first = await RunnerProgram.StartNodeAsync(Path.Combine(_root, "first"));
        using var second = await RunnerProgram.StartNodeAsync(Path.Combine(_root, "second"));
        var (one, two) = (UrlOf(first), UrlOf(second));
        await first.KillAsync();

        var (code, output) = await RunnerProgram.RunAsync(
            second.Data, "limit", "set", "database", "5", "--url", $"{one},{two}", "--data", second.Data);
        Assert.True(code == 0, output);

        // Its own answer, though another address stands before it; the variable takes several, too.
        using var asked = RunnerProgram.StartWith(
            ["env", $"RUNNER_API_URL={one},{two}", $"RUNNER_TOKEN={TokenOf(second)}", "dotnet"], Path.Combine(_root, "none"), "limits");
        Assert.Equal(0, await asked.EndsAsync());
        Assert.Contains("database", asked.Output, StringComparison.Ordinal);

        await second.KillAsync();
        (code, output) = await RunnerProgram.RunAsync(second.Data, "limits", "--url", $"{one},{two}", "--data", second.Data);
        Assert.Equal(1, code);
        Assert.Equal(
            $"error: No node answers: {one} (nothing listens there); {two} (nothing listens there). "
            + "Start one with `runner serve FILE` or `runner node`, or name others with --url.\n",
            output);
    }

    private static string UrlOf(RunnerProgram node) => NodeFile.TryRead(node.Data)!.Url;

    private static string TokenOf(RunnerProgram node) => File.ReadAllText(DataFolder.TokenFilePath(node.Data)).Trim();
}
