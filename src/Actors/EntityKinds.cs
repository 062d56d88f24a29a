namespace Runner.Actors;

/// <summary>The kinds of entities, as the store keys them.</summary>
internal static class EntityKinds
{
    public const string Deployment = "Deployment";
    public const string FlowRun = "FlowRun";
    public const string Limiter = "Limiter";

    /// <summary>The one id of the cluster-singleton limiter.</summary>
    public const string LimiterId = "limiter";
}

/// <summary>How limits that nobody names are called.</summary>
internal static class LimitNames
{
    private const string DeploymentPrefix = "deployment:";
    private const string NodePrefix = "node:";

    public static string Deployment(string deployment) => DeploymentPrefix + deployment;

    public static string Node(string node) => NodePrefix + node;

    public static Messages.Limits.LimitKind KindOf(string limit) =>
        limit.StartsWith(DeploymentPrefix, StringComparison.Ordinal) ? Messages.Limits.LimitKind.Deployment
        : limit.StartsWith(NodePrefix, StringComparison.Ordinal) ? Messages.Limits.LimitKind.Node
        : Messages.Limits.LimitKind.Named;
}
