using System.Diagnostics;
using System.Globalization;
using Runner.Actors;
using Runner.Actors.Nodes;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages.Deployments;
using Runner.Persistence.Journal;
using Runner.Persistence.Sqlite;
using Runner.Simulation;
using Runner.Simulation.Runtime;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>
/// A year of a deployment that runs every minute, in virtual time, on SQLite: what the node keeps in memory month by month, and afterwards
/// how soon a node that knows nothing has the deployment again, and one that has only let it go.
/// </summary>
/// <remarks>The database is in memory where the system has a place for that: a year's commits would wait for the disk two million times.</remarks>
internal static class MinutelyYear
{
    private const string Memory = "/dev/shm";
    private const string Deployment = "year/minutely";
    private static readonly TimeSpan IdleAfter = TimeSpan.FromMilliseconds(1);
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static int Days => Scale.Of(365, 4);

    private static int MonthOfDays => Scale.Of(30, 1);

    private static int Starts => Scale.Of(5, 1);

    private static int Recoveries => Scale.Of(50, 5);

    public static async Task MeasureAsync(Report report)
    {
        var folder = Directory.Exists(Memory)
            ? Directory.CreateDirectory(Path.Combine(Memory, $"runner-bench-{Environment.ProcessId}")).FullName
            : Directory.CreateTempSubdirectory("runner-bench-").FullName;
        var store = await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(Path.Combine(folder, "store.db")), Tables.All, Logger.None)
            .ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var months = Live(store, out var runs);
            report.Add(
                $"a year of a minutely deployment in virtual time, {runs:N0} runs: MB in use by objects, highest month minus lowest",
                Text(months[1..].Max() - months[1..].Min()),
                $"bar: flat; month by month: {string.Join(", ", months.Select(Text))}");
            var (started, recovered) = await RecoverAsync(store).ConfigureAwait(false);
            report.Add("the same: the deployment, not in memory, until it has answered", recovered.ToString(), "bar: under 50 ms");
            report.Add("the same: from a node's start, its actor system's included, until the deployment has answered", started.ToString());
        }

        Directory.Delete(folder, recursive: true);
    }

    private static List<double> Live(SqliteEntityStore store, out long runs)
    {
        var world = new SimulatedWorld(1, Begin);
        var machine = world.CreateNode();
        var node = Compose(machine, new VirtualTimeStore(store, machine));
        var ended = 0L;
        using var subscription = node.Subscribe(change => ended += change.Change.State.IsTerminal ? 1 : 0);
        world.Run(() => _ = node.AskAsync(new RegisterDeployments(
            [new DeploymentSpec
            {
                Name = Deployment, Command = ["/bin/true"], Workdir = "/", Schedules = [new ScheduleSpec { Cron = "* * * * *" }]
            }]), default));
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
        machine.Kill();
        return months;
    }

    /// <summary>A node in the world, as the simulation has it.</summary>
    private static RunnerNode Compose(SimulatedNode machine, VirtualTimeStore store)
    {
        var node = new ComposedNode(store, new InstantPrograms(machine.Schedule), Settings, machine.Time, Logger.None);
        var system = machine.StartSystem("runner", EntityJournalSetup.StoreConfig(), new EntityStoreSetup(store, node.Codec));
        _ = new SimulatedRouter(system, node.Parts, new RegionFaults(machine.Random.Fork()));
        return node.Started(system, new NodeSurroundings(machine.Random.NewGuid, machine.TerminateAsync, Inline: true));
    }

    private static NodeSettings Settings { get; } = new("bench", 10, _ => []);

    /// <summary>By nodes of their own, each of which has to read it; and by one that has let it go each time.</summary>
    private static async Task<(Samples Started, Samples Recovered)> RecoverAsync(SqliteEntityStore store)
    {
        var (started, recovered) = (new Samples(), new Samples());
        for (var i = 1; i <= Starts; i++)
        {
            var watch = Stopwatch.StartNew();
            // The deployment is years behind this machine's clock or years ahead of it; nothing may be emitted here.
            var node = await BenchNode.ComposeAsync(
                store, new InstantPrograms((_, _) => { }), Settings with { IdleAfter = IdleAfter },
                new StoppedClock(Begin.AddDays(Days).AddSeconds(30))).ConfigureAwait(false);
            await AskAsync(node).ConfigureAwait(false);
            started.Add(watch.Elapsed);
            for (var again = 0; i == Starts && again < Recoveries; again++)
            {
                await GoneAsync(node).ConfigureAwait(false);
                watch.Restart();
                await AskAsync(node).ConfigureAwait(false);
                recovered.Add(watch.Elapsed);
            }

            await node.StopAsync(StopMode.Immediate).ConfigureAwait(false);
        }

        return (started, recovered);
    }

    private static async Task AskAsync(RunnerNode node)
    {
        var reply = await node.AskAsync(new GetDeployment(Deployment), default).ConfigureAwait(false);
        if (reply.Refusal is { } refusal)
        {
            throw new InvalidOperationException(refusal.Message);
        }
    }

    private static async Task GoneAsync(RunnerNode node)
    {
        while (node.Parts.Entities.Residents.Find(new EntityKey(EntityKinds.Deployment, Deployment)) is not null)
        {
            await Pause.For(TimeSpan.FromMilliseconds(5)).ConfigureAwait(false);
        }
    }

    private static string Text(double megabytes) => megabytes.ToString("0.0", CultureInfo.InvariantCulture);

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
