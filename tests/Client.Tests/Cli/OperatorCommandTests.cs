using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Runner.Client.Tests.Cli;

/// <summary><c>health</c>, <c>backup</c> and <c>completion</c>.</summary>
public sealed class OperatorCommandTests : IDisposable
{
    private const string Well = """{"status":"ready","checks":[{"name":"store","healthy":true,"message":"The store """
        + """answers.","partial":false},{"name":"queue","healthy":true,"message":"No run waits.","partial":false}]}""";
    private const string Ill = """{"status":"not-ready","checks":[{"name":"store","healthy":true,"message":"The store """
        + """answers.","partial":false},{"name":"disk","healthy":false,"message":"Only 3 MiB are free.","partial":false}]}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_node_that_is_well_is_0_and_says_each_check_in_a_sentence()
    {
        await using var node = await FakeNode.AnsweringAsync(200, Well);

        var run = await CliRun.OfAsync(node, ["health"]);

        Assert.Equal(
            new CliRun(0, "The node does its work.\nok  store  The store answers.\nok  queue  No run waits.\n", ""), run);
        Assert.Equal("GET /health/ready", Assert.Single(node.Asked));
    }

    [Fact]
    public async Task A_node_that_is_not_is_1_and_what_is_wrong_comes_first()
    {
        await using var node = await FakeNode.StartAsync((_, http) =>
        {
            http.Response.StatusCode = 503;
            http.Response.ContentType = "application/json; charset=utf-8";
            return http.Response.WriteAsync(Ill);
        });

        var run = await CliRun.OfAsync(node, ["health"]);

        Assert.Equal(
            new CliRun(
                1, "1 of 2 checks says that something is wrong.\nWRONG  disk   Only 3 MiB are free.\nok     store  The store answers.\n", ""), run);
        var json = await CliRun.OfAsync(node, ["health", "--json"]);
        Assert.Equal((1, Ill + "\n"), (json.Code, json.Out));
    }

    [Fact]
    public async Task No_node_at_all_is_a_finding_in_the_same_shape()
    {
        var run = await CliRun.OfAsync(null, ["health", "--url", "http://127.0.0.1:1"]);
        Assert.Equal(1, run.Code);
        Assert.Contains("No node answers at http://127.0.0.1:1.", run.Out, StringComparison.Ordinal);

        var json = JsonDocument.Parse((await CliRun.OfAsync(null, ["health", "--json", "--url", "http://127.0.0.1:1"])).Out).RootElement;
        Assert.Equal("unreachable", json.GetProperty("status").GetString());
        Assert.False(json.GetProperty("checks")[0].GetProperty("healthy").GetBoolean());
    }

    [Theory]
    [InlineData("b.tar")]
    [InlineData("b.tar.gz")]
    public async Task A_backup_is_there_when_all_of_it_has_arrived_and_its_owner_alone_reads_it(string name)
    {
        await using var node = await FakeNode.StartAsync((_, http) => http.Response.WriteAsync("all of it"));
        var file = Path.Combine(_folder.Path, name);

        var run = await CliRun.OfAsync(node, ["backup", file, "--no-output"]);

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal("POST /api/v1/backup?output=false", Assert.Single(node.Asked));
        Assert.Equal([file], Directory.GetFiles(_folder.Path));
        await using var stream = File.OpenRead(file);
        using var reader = new StreamReader(name.EndsWith("gz", StringComparison.Ordinal)
            ? new System.IO.Compression.GZipStream(stream, System.IO.Compression.CompressionMode.Decompress)
            : stream);
        Assert.Equal("all of it", await reader.ReadToEndAsync());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task A_backup_that_breaks_off_leaves_nothing_and_one_that_is_there_is_kept_unless_forced()
    {
        await using var node = await FakeNode.StartAsync(async (n, http) =>
        {
            http.Response.ContentLength = 1_000;
            await http.Response.WriteAsync("half");
            await http.Response.Body.FlushAsync();
            http.Abort();
        });
        var file = Path.Combine(_folder.Path, "b.tar");

        var broken = await CliRun.OfAsync(node, ["backup", file]);
        Assert.Equal(1, broken.Code);
        Assert.Contains("broke the connection before the backup was complete", broken.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));

        await File.WriteAllTextAsync(file, "an older one");
        var refused = await CliRun.OfAsync(node, ["backup", file]);
        Assert.Equal(1, refused.Code);
        Assert.Contains("is there already", refused.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await CliRun.OfAsync(node, ["backup", file, "--force"])).Code);
        Assert.Equal("an older one", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task An_interrupted_backup_leaves_nothing()
    {
        var press = new TaskCompletionSource<Action>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var node = await FakeNode.StartAsync(async (n, http) =>
        {
            await http.Response.WriteAsync("half");
            await http.Response.Body.FlushAsync();
            (await press.Task)();
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });

        var run = await CliRun.OfAsync(node, ["backup", Path.Combine(_folder.Path, "b.tar")], onInterrupt: press.SetResult);

        Assert.Equal(130, run.Code);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("bash", "complete -o")]
    [InlineData("zsh", "compdef")]
    [InlineData("fish", "complete -c runner")]
    public async Task A_completion_script_is_printed_for_each_shell(string shell, string part) =>
        Assert.Contains(part, (await CliRun.OfAsync(null, ["completion", shell])).Out, StringComparison.Ordinal);
}
