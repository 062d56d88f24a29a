using System.CommandLine;
using System.Text;
using Runner.Cli;
using Runner.Host.Commands.SchedulePreview;

namespace Runner.Host.Tests.Commands.SchedulePreview;

/// <summary>What `runner schedule preview` printed and exited with, on noon of 1 March 2026.</summary>
internal sealed record PreviewRun(int Code, string Out, string Error)
{
    public static Task<PreviewRun> OfAsync(params string[] arguments) => OfAsync([], arguments);

    public static async Task<PreviewRun> OfAsync(byte[] input, params string[] arguments)
    {
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        var code = await RunAsync(new MemoryStream(input), output, arguments, error);
        return new PreviewRun(code, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()));
    }

    public static Task<int> RunAsync(Stream input, Stream output, string[] arguments, Stream? error = null)
    {
        var context = new CliContext(output, error ?? new MemoryStream(), outputIsTerminal: false, errorIsTerminal: false, _ => null, new Noon());
        var root = new RootCommand("Runs programs on schedule.") { new Command("schedule", "Schedules.") { SchedulePreviewCommand.Create(
            context, () => input) } };
        return CommandLine.RunAsync(root, ["schedule", "preview", .. arguments], context);
    }

    private sealed class Noon : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    }
}
