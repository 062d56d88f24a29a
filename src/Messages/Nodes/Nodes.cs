using System.Collections.Immutable;

namespace Runner.Messages.Nodes;

/// <summary>What a node says of itself.</summary>
/// <param name="Status"><c>ready</c>; <c>degraded</c> if the node does its work but for what a check names; or <c>not-ready</c>.</param>
public sealed record HealthReport(string Status, ImmutableArray<HealthCheck> Checks)
{
    public const string Ready = "ready";
    public const string Degraded = "degraded";
    public const string NotReady = "not-ready";

    /// <summary>Ready if every check is well.</summary>
    public static HealthReport Of(ImmutableArray<HealthCheck> checks) =>
        new(checks.All(c => c.Healthy) ? Ready : checks.All(c => c.Healthy || c.Partial) ? Degraded : NotReady, checks);
}

/// <summary>One thing that is checked.</summary>
/// <param name="Message">A sentence: what is wrong and what to do, or that all is well.</param>
/// <param name="Partial">Whether what is wrong keeps the node from a part of its work only, which the message names: all else goes on.</param>
public sealed record HealthCheck(string Name, bool Healthy, string Message, bool Partial = false);

/// <summary>A node as its API describes it.</summary>
/// <param name="Labels">What it has that others may not have; null for none.</param>
public sealed record NodeInfo(
    string Node, string Version, string DataDirectory, DateTimeOffset StartedAt, int ProcessLimit,
    ImmutableSortedDictionary<string, string>? Labels = null);
