using System.Globalization;
using Runner.Messages.Runs;
using Runner.Simulation;

namespace Runner.Actors.Tests.Simulation;

/// <summary>
/// The whole node under virtual time, with everything going wrong by seed. <c>./test --simulate N</c> (RUNNER_SIMULATE_SEEDS) runs more seeds;
/// docs/simulation.md says how a failing one is replayed.
/// </summary>
public sealed class SimulationTests
{
    private const int Seeds = 300;
    private const int SeedsOfClusters = 200;

    private static readonly SimulationOptions Cluster = new() { Duration = SimulationOptions.OfClusters, Nodes = 0 };

    [Fact]
    public void Every_invariant_holds_in_every_seed_of_a_simulated_day()
    {
        var count = Asked ?? Seeds;
        var total = Run(count, new SimulationOptions { Duration = TimeSpan.FromDays(1) });

        Assert.Equal(StateNames.All.Select(s => s.Name).Order(StringComparer.Ordinal), total.States.Order(StringComparer.Ordinal));
        // A world in which nothing happens holds every invariant.
        Assert.All(
            new[] { total.Runs
                / 20, total.Processes / 20, total.Commits / 100, total.Erased / 10, total.Kills, total.Stops, total.Faults, total.ClockSteps },
            happened => Assert.True(happened > count, $"something hardly happens: {happened} times in {count} days"));
    }

    [Fact]
    public void Every_invariant_holds_in_every_seed_of_a_cluster_of_two_to_five_nodes()
    {
        var count = Asked ?? SeedsOfClusters;
        var total = Run(count, Cluster);

        Assert.Equal(StateNames.All.Select(s => s.Name).Order(StringComparer.Ordinal), total.States.Order(StringComparer.Ordinal));
        Assert.All(
            new[]
            {
                total.Runs / 50, total.Processes / 50, total.Crossings / 1000, total.Kills, total.Stops, total.Pauses, total.Cuts, total.Parted,
                total.LeasesLost, total.Moves, total.Lost, total.Doubled, total.Late, total.ClockSteps, 4 * total.LostWithNode,
            },
            happened => Assert.True(happened > count, $"something hardly happens: {happened} times in {count} worlds"));
    }

    [Theory]
    [InlineData(3, null)]
    [InlineData(77, null)]
    [InlineData(3, 3)]
    [InlineData(77, 0)]
    public void The_same_seed_is_the_same_world_to_the_last_line(ulong seed, int? nodes)
    {
        var options = new SimulationOptions { Nodes = nodes, Duration = nodes is null ? TimeSpan.FromDays(1) : SimulationOptions.OfClusters };
        var first = Runner.Simulation.Seeds.Run(seed, options);
        var second = Runner.Simulation.Seeds.Run(seed, options);

        Assert.Equal(first.TraceHash, second.TraceHash);
        Assert.Equal(first.Statistics.Steps, second.Statistics.Steps);
        Assert.NotEqual(first.TraceHash, Runner.Simulation.Seeds.Run(seed + 1, options).TraceHash);
    }

    [Theory]
    [InlineData(nameof(PlantedBug.DroppedWakeUp), "wake-up")]
    [InlineData(nameof(PlantedBug.SlotFreedBeforeCommit), "a run's slot rows are those that its journal says it holds")]
    [InlineData(nameof(PlantedBug.StartBeforeCommit), "a process is started only")]
    [InlineData(nameof(PlantedBug.SkippedFence), "")]
    [InlineData(nameof(PlantedBug.LostMessage), "whatever can go on goes on")]
    [InlineData(nameof(PlantedBug.ForgottenOutcome), "how a program ended is not forgotten")]
    public void A_bug_planted_by_hand_is_found_in_every_seed(string plant, string invariant)
    {
        var options = new SimulationOptions { Plant = Enum.Parse<PlantedBug>(plant) };
        for (var seed = 1UL; seed <= 3; seed++)
        {
            var result = Runner.Simulation.Seeds.Run(seed, options);

            // A wake-up that is lost shows in a run or in a deployment, whichever is first; a fence that is skipped shows anywhere.
            Assert.NotNull(result.Violation);
            Assert.Contains(invariant, result.Violation?.Invariant, StringComparison.Ordinal);
            Assert.Contains($"--seed {seed} --days 1 --plant {plant} --trace", result.Describe(options), StringComparison.Ordinal);
            Assert.NotEmpty(result.LastLines);
        }
    }

    [Theory]
    [InlineData(nameof(PlantedBug.SkippedFence), "", 1, 3, 5)]
    [InlineData(nameof(PlantedBug.IsolatedProgramsGoOn), "an attempt begins when the one before is gone", 9, 10, 12)]
    [InlineData(nameof(PlantedBug.NodeLostAtOnce), "an attempt begins when the one before is gone", 5, 6, 9)]
    public void A_bug_planted_between_nodes_is_found(string plant, string invariant, params int[] seeds)
    {
        var options = Cluster with { Plant = Enum.Parse<PlantedBug>(plant) };
        foreach (var seed in seeds)
        {
            var result = Runner.Simulation.Seeds.Run((ulong)seed, options);

            Assert.NotNull(result.Violation);
            Assert.Contains(invariant, result.Violation?.Invariant, StringComparison.Ordinal);
            Assert.Contains($" --nodes 0 --plant {plant} --trace", result.Describe(options), StringComparison.Ordinal);
        }
    }

    private static int? Asked => int.TryParse(
        Environment.GetEnvironmentVariable("RUNNER_SIMULATE_SEEDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) && asked > 0
        ? asked : null;

    /// <summary>What happened in so many seeds, in none of which an invariant did not hold.</summary>
    private static Statistics Run(int count, SimulationOptions options)
    {
        var gate = new Lock();
        var total = new Statistics();
        var failures = new List<string>();
        var done = 0;
        Runner.Simulation.Seeds.Run(1, count, Environment.ProcessorCount, options, result =>
        {
            lock (gate)
            {
                done++;
                total.Add(result.Statistics);
                if (result.Violation is not null)
                {
                    failures.Add(result.Describe(options));
                }

                return failures.Count == 0;
            }
        });

        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.Equal(count, done);
        return total;
    }
}
