using System.Globalization;
using System.Text;

namespace Runner.Simulation;

/// <summary>An invariant that did not hold.</summary>
/// <param name="Invariant">The invariant as a sentence: what should have been.</param>
/// <param name="Detail">What was.</param>
internal sealed record Violation(string Invariant, string Detail, TimeSpan At, DateTimeOffset Wall);

/// <summary>What became of one seed.</summary>
internal sealed record SimulationResult(
    ulong Seed, Violation? Violation, ulong TraceHash, Statistics Statistics, TimeSpan Simulated, IReadOnlyCollection<string> LastLines)
{
    /// <summary>Everything a person needs to look into a failure.</summary>
    public string Describe(SimulationOptions options)
    {
        if (Violation is null)
        {
            return $"seed {Seed}: all invariants held; trace {TraceHash:x16}";
        }

        var days = options.Duration.TotalDays.ToString(CultureInfo.InvariantCulture);
        var nodes = options.Nodes is { } count ? string.Create(CultureInfo.InvariantCulture, $" --nodes {count}") : "";
        var plant = options.Plant == PlantedBug.None ? "" : $" --plant {options.Plant}";
        var text = new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"seed {Seed} FAILED: {Violation.Invariant}")
            .AppendLine(CultureInfo.InvariantCulture, $"  {Violation.Detail}")
            .AppendLine(
                CultureInfo.InvariantCulture,
                $"  after {Violation.At:d\\.hh\\:mm\\:ss\\.fff} of virtual time; the wall clock said {Violation.Wall:O}")
            .AppendLine(CultureInfo.InvariantCulture, $"  the last {LastLines.Count} lines of the trace:");
        foreach (var line in LastLines)
        {
            text.Append("    ").AppendLine(line);
        }

        return text
            .Append(
                CultureInfo.InvariantCulture,
                $"  again: dotnet run --project tests/Simulation -c Release -- --seed {Seed} --days {days}{nodes}{plant} --trace")
            .ToString();
    }
}

/// <summary>What a simulation did, to see that it did anything.</summary>
internal sealed class Statistics
{
    public long Steps { get; set; }

    public long Commits { get; set; }

    public long Kills { get; set; }

    public long Stops { get; set; }

    public long Faults { get; set; }

    public long ClockSteps { get; set; }

    public long Runs { get; set; }

    public long Processes { get; set; }

    /// <summary>Lives of nodes that became members of a cluster.</summary>
    public long Joins { get; set; }

    /// <summary>Members that the others parted with.</summary>
    public long Parted { get; set; }

    /// <summary>Nodes that stood still for a while.</summary>
    public long Pauses { get; set; }

    /// <summary>Ways of the network that were closed for a while.</summary>
    public long Cuts { get; set; }

    public long LeasesLost { get; set; }

    public long Drained { get; set; }

    /// <summary>Shards and daemons that moved from one member to another.</summary>
    public long Moves { get; set; }

    /// <summary>Messages from one node to another.</summary>
    public long Crossings { get; set; }

    /// <summary>Attempts whose end nobody knows, since their node was lost.</summary>
    public long LostWithNode { get; set; }

    /// <summary>Runs that were deleted after their end.</summary>
    public long Erased { get; set; }

    public long Requests { get; set; }

    /// <summary>Messages that did not arrive.</summary>
    public long Lost { get; set; }

    public long Doubled { get; set; }

    public long Late { get; set; }

    /// <summary>How often there were two incarnations of one.</summary>
    public long Twins { get; set; }

    /// <summary>The names of states that runs have been in.</summary>
    public HashSet<string> States { get; } = [];

    public void Add(Statistics other)
    {
        States.UnionWith(other.States);
        Joins += other.Joins;
        Parted += other.Parted;
        Pauses += other.Pauses;
        Cuts += other.Cuts;
        LeasesLost += other.LeasesLost;
        Drained += other.Drained;
        Moves += other.Moves;
        Crossings += other.Crossings;
        LostWithNode += other.LostWithNode;
        Steps += other.Steps;
        Commits += other.Commits;
        Kills += other.Kills;
        Stops += other.Stops;
        Faults += other.Faults;
        ClockSteps += other.ClockSteps;
        Runs += other.Runs;
        Processes += other.Processes;
        Erased += other.Erased;
        Requests += other.Requests;
        Lost += other.Lost;
        Doubled += other.Doubled;
        Late += other.Late;
        Twins += other.Twins;
    }
}
