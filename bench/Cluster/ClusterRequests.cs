using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Runner.Actors;
using Runner.Cluster.Tests.Kit;
using Runner.Host;
using Runner.Host.Commands;
using Runner.Host.Configuration;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Runner.Tests;
using Serilog.Core;

namespace Runner.Bench.Cluster;

/// <summary>
/// Requests to entities of another node and their replies, through the shard regions: this process is one of two nodes of a real cluster and asks for
/// runs, all of which the other one has. So many are under way at once; with TLS between the two and without.
/// </summary>
internal static class ClusterRequests
{
    private const int Window = 100;
    private const int Runs = 500;

    public static async Task MeasureAsync(Report report)
    {
        foreach (var tls in (bool[])[false, true])
        {
            var server = await PostgresServer.StartAsync(fsync: true).ConfigureAwait(false);
            await using var ownServer = server.ConfigureAwait(false);
            var kit = await ClusterKit.CreateAsync(server).ConfigureAwait(false);
            await using var ownKit = kit.ConfigureAwait(false);
            var certificates = tls ? new Certificates(Path.Combine(kit.Root, "tls")) : null;
            // Shards stay where they are: on the node that was first.
            string[] Settings(string name) => ["akka.cluster.sharding.rebalance-interval = 10h", .. certificates?.Of(name) ?? []];
            var other = kit.Start("n1", Settings("n1"));
            await other.SeesAsync(other).ConfigureAwait(false);
            using var client = other.Client();
            await client.RegisterAsync([new DeploymentSpec { Name = "load/d0", Command = ["true"], Workdir = "/" }]).ConfigureAwait(false);
            var due = Stopclock.Now.AddHours(10);
            var runs = new Guid[Runs];
            await Parallel.ForAsync(0, Runs, async (i, cancel) =>
                runs[i] = (await client.SubmitAsync(new SubmitRun("load/d0", At: due), cancel).ConfigureAwait(false)).Id).ConfigureAwait(false);

            var started = await StartAsync(kit, Settings("n2")).ConfigureAwait(false);
            try
            {
                var node = started.Node;
                await MeasureAsync(report, other, tls, "GetRun", i => node.AskAsync(new GetRun(runs[i % Runs]), default)).ConfigureAwait(false);
                await MeasureAsync(
                    report, other, tls, "GetRunHistory from its end on", i => node.AskAsync(new GetRunHistory(runs[i % Runs], 1_000), default))
                    .ConfigureAwait(false);
            }
            finally
            {
                await started.Node.StopAsync(StopMode.Immediate).ConfigureAwait(false);
                await started.Close().ConfigureAwait(false);
            }
        }
    }

    private static async Task MeasureAsync<T>(Report report, ClusterNode other, bool tls, string what, Func<int, Task<Reply<T>>> ask)
    {
        // Until the code is compiled as it will stay, in both.
        await RunAsync(ask, Scale.Of(100_000, 5_000)).ConfigureAwait(false);
        var rates = new List<double>();
        var (bytes, count, processor) = (Received(), 0, Processor(other));
        for (var round = 0; round < Scale.Of(3, 1); round++)
        {
            var each = Scale.Of(100_000, 5_000);
            rates.Add(await RunAsync(ask, each).ConfigureAwait(false));
            count += each;
        }

        report.Add(
            $"requests and replies a second between two nodes' regions, window {Window}, {what}, TLS {(tls ? "on" : "off")}",
            string.Create(CultureInfo.InvariantCulture, $"{Samples.Median(rates):N0} ({rates.Min():N0} to {rates.Max():N0})"),
            string.Create(CultureInfo.InvariantCulture, $"bar: 30,000; {(Received() - bytes) / count:N0} bytes each on the wire, both ways; JSON by ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"Runner's serializer; {(Processor(other) - processor).TotalMicroseconds / count:0} µs of processor each, both nodes; ")
            + $"machine's load {ClusterRig.LoadOfMachine()}");
    }

    /// <summary>What both nodes have used.</summary>
    private static TimeSpan Processor(ClusterNode other)
    {
        using var there = Process.GetProcessById(other.Pid);
        using var here = Process.GetCurrentProcess();
        return there.TotalProcessorTime + here.TotalProcessorTime;
    }

    private static async Task<double> RunAsync<T>(Func<int, Task<Reply<T>>> ask, int count)
    {
        var next = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Window).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= count;)
            {
                if ((await ask(i).ConfigureAwait(false)).Refusal is { } refusal)
                {
                    throw new InvalidOperationException(refusal.Message);
                }
            }
        }))).ConfigureAwait(false);
        return count / watch.Elapsed.TotalSeconds;
    }

    /// <summary>A node in this process, as the program composes it; it is a member when it is returned.</summary>
    private static async Task<StartedNode> StartAsync(ClusterKit kit, string[] settings)
    {
        var file = Path.Combine(kit.Root, "here.conf");
        await File.WriteAllLinesAsync(
            file,
            [
                .. File.ReadAllLines(Path.Combine(kit.Root, "n1.conf")).Where(l => l.StartsWith("runner.store", StringComparison.Ordinal)),
                "runner.name = n2", $"runner.data = \"{Path.Combine(kit.Root, "n2")}\"", "runner.cluster.join = database",
                "runner.cluster.host = \"127.0.0.1\"", $"runner.cluster.port = {ClusterKit.FreePort()}", .. settings,
            ]).ConfigureAwait(false);
        Directory.CreateDirectory(Path.Combine(kit.Root, "n2"));
        var (options, mistakes) = new NodeOptionsReader(_ => null).Read(new NodeFlags { Config = file });
        return options is null ? throw new InvalidOperationException(string.Join('\n', mistakes.AsEnumerable()))
            : await NodeComposition.StartAsync(
                new NodeStart(options, "http://127.0.0.1:1", _ => "", Stopclock.Provider, Logger.None), default).ConfigureAwait(false);
    }

    /// <summary>What this machine's loopback has carried.</summary>
    private static double Received() => double.Parse(
        File.ReadAllLines("/proc/net/dev").First(l => l.TrimStart().StartsWith("lo:", StringComparison.Ordinal)).Split(':')[1]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
}
