namespace Runner.Host.Tests.EndToEnd;

/// <summary>Standard input, output and error that are not there, and files that never come.</summary>
public sealed class DescriptorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runner-fds-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("<&-", 0, "note: standard input was closed: nothing is read from it.\n", "schedule", "preview", "--batch")]
    [InlineData("<&-", 0, "note: standard input was closed: nothing is read from it.\n", "parameters", "check", "--batch")]
    [InlineData(">&-", 0, "note: standard output was closed: what is written to it is lost.\n", "schedule", "preview", "--cron", "@daily")]
    [InlineData("<&- >&-", 2, "note: standard input was closed: nothing is read from it.\nnote: standard output was closed: "
        + "what is written to it is lost.\nerror: 'x' is not a command.\nSee `runner --help`.\n", "x")]
    [InlineData("2>&-", 0, "{\"valid\":true}\n", "parameters", "check", "--schema", "{SCHEMA}", "--parameters", "{}", "--json")]
    [InlineData("<&- >&- 2>&-", 2, "", "x")]
    public async Task B81_closed_standard_descriptors_are_opened_on_nothing_and_said(
        string closed, int exitCode, string printed, params string[] arguments)
    {
        var schema = Path.Combine(_folder, "schema.json");
        await File.WriteAllTextAsync(schema, "{}");
        arguments = [.. arguments.Select(a => a == "{SCHEMA}" ? schema : a)];

        using var program = RunnerProgram.StartWith(["sh", "-c", $"exec \"$@\" {closed}", "sh", "dotnet"], _folder, arguments);

        Assert.Equal((exitCode, printed), (await program.EndsAsync(), program.Output));
    }

    [Theory]
    [InlineData(130, "INT", "deploy", "{FIFO}")]
    [InlineData(130, "TERM", "submit", "a/b", "--parameters", "@{FIFO}")]
    [InlineData(130, "INT", "import", "--yes", "{FIFO}")]
    [InlineData(1, "TERM", "serve", "{FIFO}")]
    [InlineData(130, "INT", "parameters", "check", "--schema", "{FIFO}", "--parameters", "{}")]
    [InlineData(143, "TERM", "config", "show", "--config", "{FIFO}")]
    [InlineData(143, "TERM", "config", "render", "{FIFO}")]
    public async Task B82_a_command_that_waits_for_a_file_is_stopped_at_once(int exitCode, string signal, params string[] arguments)
    {
        var fifo = Path.Combine(_folder, "fifo");
        Shell.Run("mkfifo", fifo);
        using var program = RunnerProgram.Start(
            Path.Combine(_folder, "data"), [.. arguments.Select(a => a.Replace("{FIFO}", fifo, StringComparison.Ordinal))]);

        // Opened once the command has opened it, too: from then on it reads what never comes.
        using var writer = await Task.Run(() => File.OpenHandle(fifo, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            .WaitAsync(TimeSpan.FromSeconds(60));
        program.Signal(signal);

        Assert.Equal(exitCode, await program.EndsAsync());
    }

    [Fact]
    public async Task B82_a_backup_that_is_no_plain_file_is_refused()
    {
        var fifo = Path.Combine(_folder, "fifo");
        Shell.Run("mkfifo", fifo);
        using var program = RunnerProgram.Start(Path.Combine(_folder, "data"), "restore", fifo);
        using var writer = await Task.Run(() => File.OpenHandle(fifo, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            .WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(1, await program.EndsAsync());
        Assert.Contains("is no plain file", program.Output, StringComparison.Ordinal);
    }
}
