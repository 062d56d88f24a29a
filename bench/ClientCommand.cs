using System.Diagnostics;
using System.Globalization;
using Runner.Messages.Deployments;

namespace Runner.Bench;

/// <summary>
/// Commands that speak to a node, as the shipped program from its start to its end; and whether one of them loads anything of Akka.NET.
/// </summary>
internal static class ClientCommand
{
    private static readonly string[][] Commands = [["runs"], ["health"], ["deployments"]];

    private static int Times => Scale.Of(30, 3);

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var program = await NodeProgram.CommandAsync().ConfigureAwait(false);
        var data = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var node = await NodeProgram.StartAsync(data).ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            await node.Client.RegisterAsync([new DeploymentSpec { Name = "bench/true", Command = ["/bin/true"], Workdir = data }])
                .ConfigureAwait(false);
            foreach (var command in Commands)
            {
                string[] whole = [.. program, .. command, "--data", data];
                var samples = new Samples();
                for (var i = 0; i <= Times; i++)
                {
                    var (took, _) = await RunAsync(whole, look: false).ConfigureAwait(false);
                    if (i > 0)
                    {
                        samples.Add(took);
                    }
                }

                var script = (await RunAsync([Path.Combine(Report.Root(), "runner"), .. whole[2..]], look: false).ConfigureAwait(false)).Took;
                var (_, loaded) = await RunAsync(whole, look: true).ConfigureAwait(false);
                var akka = loaded.Where(name => name.StartsWith("Akka", StringComparison.Ordinal)).ToArray();
                report.Add(
                    $"`runner {string.Join(' ', command)}`: process start to end", samples.ToString(),
                    string.Create(CultureInfo.InvariantCulture, $"bar: under 250 ms; through ./runner, which looks for changes first: "
                        + $"{script.TotalMilliseconds:0} ms; of Akka.NET among its {loaded.Length} libraries: "
                        + $"{(akka.Length == 0 ? "none" : string.Join(", ", akka))}"));
            }
        }

        Directory.Delete(data, recursive: true);
    }

    /// <param name="look">Whether to see what it maps into memory; that costs it time.</param>
    private static async Task<(TimeSpan Took, string[] Loaded)> RunAsync(string[] command, bool look)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true };
        var loaded = new HashSet<string>();
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        while (look && !output.IsCompleted)
        {
            loaded.UnionWith(Mapped(process.Id));
        }

        await output.ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        return process.ExitCode == 0
            ? (watch.Elapsed, [.. loaded.Order()])
            : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}.");
    }

    private static IEnumerable<string> Mapped(int pid)
    {
        try
        {
            return [.. File.ReadLines($"/proc/{pid}/maps").Select(line => Path.GetFileName(line))
                .Where(name => name.EndsWith(".dll", StringComparison.Ordinal))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
