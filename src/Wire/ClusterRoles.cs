namespace Runner.Wire;

/// <summary>What members of a cluster are.</summary>
internal static class ClusterRoles
{
    /// <summary>A node: entities, singletons and alarm workers are on these alone, and these alone decide who goes on.</summary>
    public const string Node = "runner-node";

    /// <summary>An application that asks nodes and hosts nothing of theirs.</summary>
    public const string Client = "runner-client";
}
