namespace Runner.Simulation;

/// <summary>What a simulation is like; with the seed it decides everything.</summary>
internal sealed record SimulationOptions
{
    /// <summary>How long the faults go on in a cluster, unless somebody says otherwise.</summary>
    public static readonly TimeSpan OfClusters = TimeSpan.FromMinutes(40);

    /// <summary>How long the faults go on; afterwards the world is left in peace until every run has ended.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How many nodes there are, each on a machine of its own: 0 for 2 to 5 by seed; null for one node that is no cluster.</summary>
    public int? Nodes { get; init; }

    /// <summary>Nothing goes wrong in a cluster: to see what it costs.</summary>
    public bool Faultless { get; init; }

    /// <summary>A bug put in on purpose, to see that it is found.</summary>
    public PlantedBug Plant { get; init; }

    /// <summary>Gets every line of the trace; null for none.</summary>
    public Action<string>? Echo { get; init; }
}

/// <summary>Bugs that the simulator's wiring can put between the node and its surroundings.</summary>
internal enum PlantedBug
{
    None,

    /// <summary>Now and then a commit loses its wake-up on the way to the store.</summary>
    DroppedWakeUp,

    /// <summary>A run's slots are given back in a commit of their own, before the one that ends the run.</summary>
    SlotFreedBeforeCommit,

    /// <summary>A process is started when the commit of its attempt is sent, not when it is durable.</summary>
    StartBeforeCommit,

    /// <summary>A commit that is late is made to fit: the store no longer refuses who goes by an older history.</summary>
    SkippedFence,

    /// <summary>Some runs never hear of it when they are due, however often they are told.</summary>
    LostMessage,

    /// <summary>What became of a program is forgotten when the actor that was told dies before it is durable.</summary>
    ForgottenOutcome,

    /// <summary>A node that is cut off from its cluster does not end the programs that are tried again elsewhere. In a cluster.</summary>
    IsolatedProgramsGoOn,

    /// <summary>A run is told at once that its node is lost, and not when its program has ended there. In a cluster.</summary>
    NodeLostAtOnce,
}
