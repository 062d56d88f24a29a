using System.CommandLine;
using System.Text;
using Runner.Cli;

namespace Runner.Client.Tests.Cli;

/// <summary>What a command line printed and exited with.</summary>
internal sealed record CliRun(int Code, string Out, string Error)
{
    /// <summary>Runs one against a node, or with no node at all.</summary>
    /// <param name="terminal">Whether a person reads.</param>
    /// <param name="answer">What the person types; null for nobody.</param>
    /// <param name="onInterrupt">Gets the way to press Ctrl-C.</param>
    public static async Task<CliRun> OfAsync(
        FakeNode? node, string[] args, bool terminal = false, Dictionary<string, string?>? variables = null, Action<Action>? onInterrupt = null,
        Func<string?>? answer = null)
    {
        var environment = new Dictionary<string, string?>(variables ?? [])
        {
            ["RUNNER_API_URL"] = node?.Url.ToString(),
            ["RUNNER_TOKEN"] = "secret",
        };
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        var context = new CliContext(output, error, terminal, terminal, n => environment.GetValueOrDefault(n), new FixedTime(FixedTime.Noon))
        {
            ClientOptions = new RunnerClientOptions { BackOff = TimeSpan.FromMilliseconds(1) },
            ReadAnswer = answer,
            OnInterrupt = press =>
            {
                onInterrupt?.Invoke(press);
                return new MemoryStream();
            },
        };
        var root = new RootCommand("Runs programs on schedule.");
        ClientCommands.AddTo(root, context);
        var code = await CommandLine.RunAsync(root, args, context);
        return new CliRun(code, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()));
    }
}
