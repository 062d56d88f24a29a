using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Runner.Bench;

/// <summary>The one table: what was measured, the figure, and what it is held against in the same run.</summary>
internal sealed class Report
{
    private readonly List<(string What, string Figure, string Against)> _rows = [];

    public void Add(string what, string figure, string against = "")
    {
        _rows.Add((what, figure, against));
        Console.Error.WriteLine($"  {what}: {figure} ({against})");
    }

    public void Print(TextWriter to)
    {
        to.WriteLine("| what | measured | beside it, in the same run |");
        to.WriteLine("| --- | --- | --- |");
        foreach (var (what, figure, against) in _rows)
        {
            to.WriteLine($"| {what} | {figure} | {against} |");
        }
    }

    /// <summary>Writes a file in bench/ of the checkout this runs in.</summary>
    /// <param name="arguments">What it was made with.</param>
    public void Write(string name, string arguments)
    {
        using var file = new StreamWriter(Path.Combine(Root(), "bench", name));
        file.WriteLine(name == "SOAK.md" ? "# The soak" : "# Results");
        file.WriteLine();
        file.WriteLine($"Made by `dotnet run -c Release --project bench{arguments}`. Figures of one run on a shared machine: compare within it.");
        file.WriteLine("The store is on disk: SQLite with synchronous=FULL, or a private PostgreSQL with fsync and synchronous_commit, "
            + "beside the bench on the same disk. So are the output files where a figure is of the whole program (NodeProgram); "
            + "where it is of a node in the bench's own process (BenchNode) they are in memory, as the bare loop's are.");
        file.WriteLine();
        file.WriteLine($"- date: {Stopclock.Today()}");
        file.WriteLine($"- commit: {Git("rev-parse --short HEAD")}{(Git("status --porcelain -- src bench").Length > 0 ? " with changes" : "")}");
        file.WriteLine(
            $"- machine: {Environment.ProcessorCount} cores ({Processor()}), {RuntimeInformation.OSDescription}, .NET {Environment.Version}");
        file.WriteLine();
        Print(file);
    }

    /// <summary>The checkout this runs in.</summary>
    public static string Root() => Git("rev-parse --show-toplevel");

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "?"
        : RuntimeInformation.ProcessArchitecture.ToString();

    private static string Git(string arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true })!;
        var output = git.StandardOutput.ReadToEnd().Trim();
        git.WaitForExit();
        return output;
    }
}

/// <summary>Durations sorted, and the percentiles of them.</summary>
internal sealed class Samples
{
    private readonly List<double> _milliseconds = [];

    public int Count => _milliseconds.Count;

    public TimeSpan Total => TimeSpan.FromMilliseconds(_milliseconds.Sum());

    public void Add(TimeSpan duration) => _milliseconds.Add(duration.TotalMilliseconds);

    /// <summary>The middle one of some values.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    public double Percentile(double p)
    {
        _milliseconds.Sort();
        return _milliseconds[(int)Math.Min(_milliseconds.Count - 1, Math.Ceiling(p / 100 * _milliseconds.Count) - 1)];
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"p50 {Percentile(50):0.00} ms, p99 {Percentile(99):0.00} ms, max {Percentile(100):0.00} ms (n = {Count})");
}

/// <summary>The machine's clock, for the report's date, for nodes in this process and for lateness, which is about the wall clock.</summary>
internal static class Stopclock
{
#pragma warning disable RS0030 // A measurement is one of the machine's clock.
    public static TimeProvider Provider => TimeProvider.System;
#pragma warning restore RS0030

    public static DateTimeOffset Now => Provider.GetUtcNow();

    public static string Today() => Now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
