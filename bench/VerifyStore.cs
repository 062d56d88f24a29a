using System.Diagnostics;
using System.Globalization;

namespace Runner.Bench;

/// <summary>`runner verify` on the million ended runs, as the shipped program: how long, and the most memory it has taken.</summary>
internal static class VerifyStore
{
    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var folder = await MillionRuns.FolderAsync().ConfigureAwait(false);
        string[] command = [.. await NodeProgram.CommandAsync().ConfigureAwait(false), "verify", "--data", folder];
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var peak = 0.0;
        while (!output.IsCompleted)
        {
            peak = Math.Max(peak, Peak(process.Id));
            await Pause.For(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
        }

        await process.WaitForExitAsync().ConfigureAwait(false);
        var said = (await output.ConfigureAwait(false)).Trim();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"`runner verify` ended with {process.ExitCode}: {said}");
        }

        report.Add(
            string.Create(CultureInfo.InvariantCulture, $"`runner verify` on {MillionRuns.Count:N0} runs"),
            string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0.0} s, {peak:0} MB at most"),
            string.Create(CultureInfo.InvariantCulture, $"bar: 2 minutes and 500 MB for 1,000,000; {said}; the store has {new FileInfo(NodeProgram.StoreIn(folder)).Length / 1e6:0} MB"));
    }

    private static double Peak(int pid)
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
