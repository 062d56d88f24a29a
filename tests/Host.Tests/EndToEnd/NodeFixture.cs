using System.Text.Json;
using Runner.Client;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>A real node, and the commands asked of it as a person would.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit ends it by IAsyncLifetime")]
public sealed class NodeFixture : IAsyncLifetime
{
    private RunnerProgram _node = null!;

    internal string Root { get; } = Directory.CreateTempSubdirectory("runner-e2e-").FullName;

    internal string Data => Path.Combine(Root, "data");

    internal RunnerClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _node = await RunnerProgram.StartNodeAsync(Data);
        Client = _node.Client();
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        _node.Interrupt();
        _node.Interrupt();
        await _node.EndsAsync();
        _node.Dispose();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>Asks a command; whatever it answers, it is meant for people and without colours, since this is no terminal.</summary>
    internal Task<Answer> AskAsync(params string[] arguments) => Cleanly.AskAsync(Data, arguments);

    /// <summary>Asks a command that works, and reads what it says.</summary>
    internal async Task<string> DoAsync(params string[] arguments)
    {
        var answer = await AskAsync(arguments);
        Assert.True(answer.ExitCode == 0, $"{string.Join(' ', arguments)}: {answer}");
        return answer.Out;
    }

    /// <summary>Asks a command for JSON: one value, or one a line.</summary>
    internal async Task<JsonElement[]> JsonAsync(params string[] arguments) =>
        [.. (await DoAsync([.. arguments, "--json"])).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonDocument.Parse(l).RootElement)];

    /// <summary>Deploys a file with that text.</summary>
    internal async Task DeployAsync(string name, string yaml) => await DoAsync("deploy", Write(name, yaml));

    internal string Write(string name, string text)
    {
        var path = Path.Combine(Root, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Submits with the arguments given; the run's id.</summary>
    internal async Task<string> SubmitAsync(params string[] arguments) =>
        (await JsonAsync(["submit", .. arguments]))[0].GetProperty("id").GetString()!;
}

/// <summary>Commands whose answers are fit for people, whatever they are.</summary>
internal static class Cleanly
{
    public static async Task<Answer> AskAsync(string data, params string[] arguments)
    {
        var answer = await RunnerProgram.AskAsync(data, arguments);
        Check(answer.Out + answer.Error);
        return answer;
    }

    /// <summary>Asks a command that cannot work: what it says has the words, on standard error, with the exit code.</summary>
    public static async Task RefusesAsync(string data, int exitCode, string words, params string[] arguments)
    {
        var answer = await AskAsync(data, arguments);
        Assert.True(answer.ExitCode == exitCode, $"{string.Join(' ', arguments)}: {answer}");
        Assert.StartsWith("error: ", answer.Error, StringComparison.Ordinal);
        Assert.Contains(words, answer.Error, StringComparison.Ordinal);
        Assert.Equal("", answer.Out);
    }

    public static void Check(string text)
    {
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', text);
    }
}
