using System.Diagnostics;
using System.Globalization;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Bench;

/// <summary>
/// Runs submitted at a fixed rate over HTTP for minutes, each when its time has come whether or not the ones before have been answered; the
/// oldest are pruned all the time, for the node's own sweep every ten minutes would draw a saw and no line. What it takes of memory, descriptors,
/// threads and files is written down as it goes.
/// </summary>
/// <param name="Length">How long runs are submitted.</param>
/// <param name="Rate">Runs a second.</param>
internal sealed record Soak(TimeSpan Length, int Rate)
{
    private const string Deployment = "bench/soak";
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PruneEvery = TimeSpan.FromSeconds(5);

    /// <summary>So many seconds' runs are kept: what a soak of hours would keep of days.</summary>
    private const int KeepSeconds = 60;

    /// <summary>One in so many runs is followed to its end.</summary>
    private const int FollowEvery = 20;

    public async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var data = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var samples = new List<SoakSample>();
        var load = new SoakLoad(Deployment, Rate, Length, FollowEvery);
        var node = await NodeProgram.StartAsync(
            data, ("RUNNER_RETENTION_KEEP_AT_LEAST", "1s")).ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            await node.Client.RegisterAsync([new DeploymentSpec { Name = Deployment, Command = ["/bin/true"], Workdir = data }])
                .ConfigureAwait(false);
            var submitting = load.RunAsync(node.Client);
            var pruning = PruneAsync(node.Client, submitting);
            var watch = Stopwatch.StartNew();
            while (!submitting.IsCompleted)
            {
                await Task.WhenAny(submitting, Pause.For(SampleEvery)).ConfigureAwait(false);
                samples.Add(SoakSample.Of(watch.Elapsed, node));
            }

            await submitting.ConfigureAwait(false);
            await pruning.ConfigureAwait(false);
        }

        Directory.Delete(data, recursive: true);
        var plot = Scale.IsQuick ? Path.Combine(Path.GetTempPath(), "runner-soak.svg") : Path.Combine(Report.Root(), "bench", "soak.svg");
        await File.WriteAllTextAsync(plot, SoakPlot.Draw(samples, Rate)).ConfigureAwait(false);
        report.Add(
            string.Create(CultureInfo.InvariantCulture, $"soak: {Rate} runs a second of /bin/true for {Length.TotalMinutes:0.#} minutes, over HTTP, "
                + $"the last {Rate * KeepSeconds:N0} kept: runs a second"),
            string.Create(CultureInfo.InvariantCulture, $"{load.Submitted / load.Took.TotalSeconds:0.0}"),
            string.Create(
                CultureInfo.InvariantCulture,
                $"{load.Submitted:N0} submitted, {load.Refused} refused, {load.NotCompleted} of {load.Followed} followed did not complete; "
                + $"submitted to ended: {load.Ends}; the plot is soak.svg"));
        foreach (var series in SoakSample.Series)
        {
            report.Add($"the same: {series.Name}, second quarter of the time, then the last", Change(samples, series.Of), "bar: flat");
        }
    }

    private async Task PruneAsync(RunnerClient client, Task until)
    {
        var command = new PruneRuns(KeepRuns: Rate * KeepSeconds);
        while (!until.IsCompleted)
        {
            var part = await client.PruneAsync(command).ConfigureAwait(false);
            command = command with { After = part.Next };
            if (part.Next is null)
            {
                await Task.WhenAny(until, Pause.For(PruneEvery)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The mean of the second quarter, after what fills up at first, and that of the last.</summary>
    private static string Change(List<SoakSample> samples, Func<SoakSample, double> of)
    {
        var quarter = Math.Max(1, samples.Count / 4);
        var before = samples.Skip(quarter).Take(quarter).DefaultIfEmpty(samples[^1]).Average(of);
        return string.Create(CultureInfo.InvariantCulture, $"{before:0.#}, then {samples.TakeLast(quarter).Average(of):0.#}");
    }
}

/// <summary>What the node takes at one moment of a soak.</summary>
/// <param name="Files">Entries of its data folder, at any depth.</param>
/// <param name="Store">MB of the database and its log.</param>
internal sealed record SoakSample(TimeSpan At, double Resident, int Threads, int Descriptors, int Files, double Store)
{
    public static (string Name, string Unit, Func<SoakSample, double> Of)[] Series { get; } =
    [
        ("resident memory", "MB", s => s.Resident), ("descriptors", "", s => s.Descriptors), ("threads", "", s => s.Threads),
        ("files and folders of its data", "", s => s.Files), ("store", "MB", s => s.Store),
    ];

    public static SoakSample Of(TimeSpan at, NodeProgram node)
    {
        var use = node.Use();
        var store = new DirectoryInfo(node.Data).EnumerateFiles("store.db*").Sum(f => f.Exists ? f.Length : 0) / 1048576.0;
        return new SoakSample(at, use.Resident, use.Threads, use.Descriptors, Entries(node.Data), store);
    }

    private static int Entries(string folder) =>
        Directory.EnumerateFileSystemEntries(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Count();
}
