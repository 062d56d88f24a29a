using System.Diagnostics;
using System.Globalization;
using Runner.Actors;
using Runner.Actors.FlowRunners;
using Runner.Actors.Nodes;
using Runner.Engine.Clock;
using Runner.Engine.Simulation;
using Runner.Persistence.Sqlite;
using Runner.Messages.Deployments;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>
/// A year of a deployment that runs every minute, in virtual time, on SQLite: what the node keeps in memory month by month, and afterwards
/// how soon a node that knows nothing has the deployment again.
/// </summary>
/// <remarks>The database is in memory where the system has a place for that: a year's commits would wait for the disk two million times.</remarks>
internal static class MinutelyYear
{
    private const string Memory = "/dev/shm";
    private const string Deployment = "year/minutely";
    private const int Days = 365;
    private const int MonthOfDays = 30;
    private const int Recoveries = 50;
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static async Task MeasureAsync(Report report)
    {
        var folder = Directory.Exists(Memory)
            ? Directory.CreateDirectory(Path.Combine(Memory, $"runner-bench-{Environment.ProcessId}")).FullName
            : Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var store = await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(Path.Combine(folder, "store.db")), Tables.All, Logger.None).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var months = Live(store, out var runs);
            var recovery = await RecoverAsync(store).ConfigureAwait(false);
            report.Add(
                $"a year of a minutely deployment in virtual time, {runs:N0} runs: MB in use by objects, highest month minus lowest",
                Text(months[1..].Max() - months[1..].Min()),
                $"bar: flat; month by month: {string.Join(", ", months.Select(Text))}");
            report.Add("the same: from a node's start until the deployment has answered", recovery.ToString(), "bar: under 50 ms");
        }

        Directory.Delete(folder, recursive: true);
    }

    private static List<double> Live(SqliteEntityStore store, out long runs)
    {
        var world = new SimulatedRuntime(1, Begin);
        var runtime = world.Runtime;
        var virtualStore = new VirtualTimeStore(store, runtime.Timers);
        var node = RunnerNode.Start(runtime, virtualStore, new InstantPrograms(runtime.Timers), new NodeSettings("bench", 10, _ => []), Logger.None);
        var ended = 0L;
        using var subscription = node.Subscribe(change => ended += change.Change.State.IsTerminal ? 1 : 0);
        _ = node.RegisterAsync(
            [new DeploymentSpec { Name = Deployment, Command = ["/bin/true"], Workdir = "/", Schedules = [new ScheduleSpec { Cron = "* * * * *" }] }], false, default);
        var months = new List<double>();
        for (var day = 1; day <= Days; day++)
        {
            world.RunUntil(Begin.AddDays(day).AddSeconds(30));
            if (day % MonthOfDays == 0)
            {
                months.Add(GC.GetTotalMemory(forceFullCollection: true) / 1048576.0);
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  day {day}: {ended:N0} runs, {months[^1]:0.00} MB"));
            }
        }

        runs = ended;
        return months;
    }

    /// <summary>Each time by a node of its own, which has to read it.</summary>
    private static async Task<Samples> RecoverAsync(SqliteEntityStore store)
    {
        var samples = new Samples();
        // The deployment is years behind this machine's clock or years ahead of it; nothing may be emitted here.
        var runtime = EngineRuntime.CreateReal() with { Clock = new StoppedClock(Begin.AddDays(Days)) };
        for (var i = 0; i < Recoveries; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var node = RunnerNode.Start(runtime, store, new InstantPrograms(runtime.Timers), new NodeSettings("bench", 10, _ => []), Logger.None);
            var reply = await node.DeploymentAsync(new GetDeployment(Deployment), default).ConfigureAwait(false);
            samples.Add(Stopwatch.GetElapsedTime(started));
            if (reply.Refusal is { } refusal)
            {
                throw new InvalidOperationException(refusal.Message);
            }

            await node.StopAsync(StopMode.Immediate).ConfigureAwait(false);
        }

        return samples;
    }

    private static string Text(double megabytes) => megabytes.ToString("0.0", CultureInfo.InvariantCulture);

    private sealed class StoppedClock(DateTimeOffset now) : IClock
    {
        public DateTimeOffset UtcNow => now;

        public long Timestamp => Stopwatch.GetTimestamp() * (TimeSpan.TicksPerSecond / Stopwatch.Frequency);
    }
}
