using System.Diagnostics;
using System.Globalization;

namespace Runner.Bench;

/// <summary>A command of the shipped program, from its start to its end.</summary>
/// <param name="Peak">The most memory it has taken, in MB.</param>
internal sealed record ShippedCommand(TimeSpan Took, double Peak, string Output)
{
    public static async Task<ShippedCommand> RunAsync(params string[] arguments)
    {
        string[] command = [.. await NodeProgram.CommandAsync().ConfigureAwait(false), .. arguments];
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var peak = 0.0;
        while (!output.IsCompleted)
        {
            peak = Math.Max(peak, PeakOf(process.Id));
            await Pause.For(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
        }

        await process.WaitForExitAsync().ConfigureAwait(false);
        var said = (await output.ConfigureAwait(false)).Trim();
        return process.ExitCode == 0
            ? new ShippedCommand(watch.Elapsed, peak, said)
            : throw new InvalidOperationException(
                $"`runner {string.Join(' ', arguments)}` ended with {process.ExitCode}: {said[..Math.Min(said.Length, 2_000)]}");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Took.TotalSeconds:0.0} s, {Peak:0} MB at most");

    private static double PeakOf(int pid)
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0
                : long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
