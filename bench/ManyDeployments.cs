using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Runner.Messages.Deployments;
using Runner.Simulation.Runtime;

namespace Runner.Bench;

/// <summary>
/// A hundred thousand deployments on one node, registered over HTTP: what that takes, what they take once nothing happens, and what asking
/// for one costs that is not in memory.
/// </summary>
internal static class ManyDeployments
{
    private const int Chunk = 1_000;

    private static int Count => Scale.Of(100_000, 2_000);

    private static int Pages => Scale.Of(2_000, 100);

    private static TimeSpan Idle => Scale.OfSeconds(30, 2);

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var data = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        double empty, same;
        Samples pages;
        TimeSpan registering, worked;
        var node = await NodeProgram.StartAsync(data).ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            await Pause.For(Idle).ConfigureAwait(false);
            empty = node.Use().Resident;
            worked = node.ProcessorTime();
            registering = await RegisterAsync(node, data).ConfigureAwait(false);
            worked = node.ProcessorTime() - worked;
            await Pause.For(Idle).ConfigureAwait(false);
            same = node.Use().Resident;
            pages = await PagesAsync(node).ConfigureAwait(false);
        }

        var (restarted, ready) = await RestartedAsync(data).ConfigureAwait(false);
        Directory.Delete(data, recursive: true);
        report.Add(
            $"{Count:N0} registered deployments: MB they add to the idle node's {empty:0.0}",
            string.Create(CultureInfo.InvariantCulture, $"{same - empty:0.0}"),
            string.Create(
                CultureInfo.InvariantCulture,
                $"bar: under 100; {Idle.TotalSeconds:0} s after the last was registered; "
                + $"after a restart: {restarted - empty:0.0}, ready in {ready.TotalMilliseconds:0} ms"));
        report.Add(
            $"registering them over HTTP, {Chunk:N0} a request, one request at a time",
            string.Create(CultureInfo.InvariantCulture, $"{registering.TotalSeconds:0.0} s"),
            string.Create(CultureInfo.InvariantCulture, $"bar: under 60 s; {worked.TotalSeconds:0.0} s of processor time of the node"));
        report.Add("a deployment's page, one not in memory", pages.ToString(), "bar: under 10 ms");
    }

    private static async Task<TimeSpan> RegisterAsync(NodeProgram node, string workdir)
    {
        var now = Stopclock.Now;
        var watch = Stopwatch.StartNew();
        for (var first = 0; first < Count; first += Chunk)
        {
            ImmutableArray<DeploymentSpec> specs = [.. Enumerable.Range(first, Chunk).Select(i => Spec(i, workdir, now))];
            await node.Client.RegisterAsync(specs).ConfigureAwait(false);
        }

        return watch.Elapsed;
    }

    private static async Task<Samples> PagesAsync(NodeProgram node)
    {
        var random = new SimulatedRandom(1);
        var samples = new Samples();
        for (var i = 0; i < Pages; i++)
        {
            var path = new Uri($"api/v1/deployments/{Name(random.Next(Count))}", UriKind.Relative);
            var started = Stopwatch.GetTimestamp();
            _ = await node.Http.GetByteArrayAsync(path).ConfigureAwait(false);
            samples.Add(Stopwatch.GetElapsedTime(started));
        }

        return samples;
    }

    private static async Task<(double Resident, TimeSpan Ready)> RestartedAsync(string data)
    {
        var node = await NodeProgram.StartAsync(data).ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            await Pause.For(Idle).ConfigureAwait(false);
            return (node.Use().Resident, node.Ready);
        }
    }

    private static string Name(int i) => $"tenant-{i % 100:00}/job-{i:000000}";

    /// <summary>From hourly to yearly; none is due within the next ten minutes, for it is not runs that are measured here.</summary>
    private static DeploymentSpec Spec(int i, string workdir, DateTimeOffset now)
    {
        var minute = (now.Minute + 12 + i % 45) % 60;
        var cron = (i % 5) switch
        {
            0 => $"{minute} * * * *",
            1 => $"{minute} {i % 24} * * *",
            2 => $"{minute} {i % 24} * * {i % 7}",
            3 => $"{minute} {i % 24} {1 + i % 28} * *",
            _ => $"{minute} {i % 24} {1 + i % 28} {1 + i % 12} *",
        };
        return new DeploymentSpec
        {
            Name = Name(i),
            Description = $"Job {i} of the bench",
            Command = ["/bin/true", "{{ parameters.number }}"],
            Workdir = workdir,
            Parameters = ImmutableSortedDictionary<string, System.Text.Json.JsonElement>.Empty.Add(
                "number", System.Text.Json.JsonDocument.Parse(i.ToString(CultureInfo.InvariantCulture)).RootElement),
            Tags = [$"team-{i % 50}"],
            Schedules = [new ScheduleSpec { Cron = cron, Timezone = i % 3 == 0 ? "Europe/Berlin" : null }],
        };
    }
}
