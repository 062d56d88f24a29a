using System.Net;
using System.Runtime.Versioning;
using Runner.Client;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>Two nodes that have one secret.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ClusterSecretTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("runner-secret-").FullName;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_token_of_one_is_good_at_the_other_for_clients_and_for_programs()
    {
        var secret = Write("secret", "a-secret-of-the-cluster-of-32-bytes");
        using var first = await StartAsync("first", secret);
        using var second = await StartAsync("second", secret);

        // The node's file has it, and the command says it for other machines.
        var token = TokenOf(first);
        Assert.Equal(token, TokenOf(second));
        Assert.Equal($"{token}\n", (await RunnerProgram.RunAsync(_root, "cluster", "token", secret)).Output);

        // A client of another machine, which has neither data folder.
        using var client = RunnerProgram.StartWith(
            ["env", $"RUNNER_TOKEN_FILE={Write("client-token", token)}", "dotnet"], Path.Combine(_root, "nowhere"), "limits", "--url",
            $"{UrlOf(second)},{UrlOf(first)}");
        Assert.True(await client.EndsAsync() == 0, client.Output);

        // The second node knows the first one's program; the run, which is in the first one's store, it does not.
        var file = Write(
            "runner.yaml",
            $"deployments:\n  - {{name: a/b, workdir: '{_root}', command: [sh, -c, 'echo $RUNNER_RUN_ID $RUNNER_TOKEN >own']}}\n");
        Assert.Equal(0, (await RunnerProgram.RunAsync(first.Data, "deploy", file)).ExitCode);
        Assert.Equal(0, (await RunnerProgram.RunAsync(first.Data, "submit", "a/b", "--wait")).ExitCode);
        var own = (await File.ReadAllTextAsync(Path.Combine(_root, "own"))).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(UrlOf(first), own[0], own[1]));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync(UrlOf(second), own[0], own[1]));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(UrlOf(second), own[0], own[1][..^1] + (own[1][^1] == 'A' ? 'E' : 'A')));
    }

    private static async Task<HttpStatusCode> AskAsync(string url, string run, string token)
    {
        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new("Bearer", token) } };
        using var answer = await http.GetAsync(new Uri($"{url}/api/v1/runs/{run}"));
        return answer.StatusCode;
    }

    private static string TokenOf(RunnerProgram node) => File.ReadAllText(DataFolder.TokenFilePath(node.Data)).Trim();

    private static string UrlOf(RunnerProgram node) => NodeFile.TryRead(node.Data)!.Url;

    private Task<RunnerProgram> StartAsync(string name, string secret) => RunnerProgram.StartNodeAsync(
        Path.Combine(_root, name), "--config", Write($"{name}.conf", $"runner.cluster.secret-file = \"{secret}\""));

    private string Write(string name, string text)
    {
        var path = Path.Combine(_root, name);
        File.WriteAllText(path, text);
        new FileInfo(path).UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return path;
    }
}
