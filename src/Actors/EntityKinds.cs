namespace Runner.Actors;

/// <summary>The kinds of entities, as the store keys them.</summary>
internal static class EntityKinds
{
    public const string Deployment = "Deployment";
    public const string FlowRun = "FlowRun";
    public const string Limiter = "Limiter";

    /// <summary>The one id of the cluster-singleton limiter.</summary>
    public const string LimiterId = "limiter";

    /// <summary>What is said of a text that names no entity.</summary>
    public const string Expected = "that names no entity. Expected FlowRun/ID, Deployment/FLOW/NAME or Limiter/limiter.";

    /// <summary>The entity of a text like <c>FlowRun/0192…</c>; null if it names none.</summary>
    public static Entities.Store.EntityKey? Read(string text) =>
        text.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash
            && new Entities.Store.EntityKey(text[..slash], text[(slash + 1)..]) is var entity
            && entity.Kind is FlowRun or Deployment or Limiter && !CannotBe(entity)
            ? entity
            : null;

    /// <summary>Whether no entity has such a key: a damaged row may name one.</summary>
    public static bool CannotBe(Entities.Store.EntityKey entity) => entity.Kind switch
    {
        FlowRun => !IsRun(entity),
        Deployment => Names.ProblemOfDeployment(entity.Id) is not null,
        Limiter => entity.Id != LimiterId,
        _ => true,
    };

    /// <summary>Whether a key is a run's, as runs' keys are written.</summary>
    public static bool IsRun(Entities.Store.EntityKey entity) => entity.Kind == FlowRun && Guid.TryParseExact(entity.Id, "D", out _);
}

/// <summary>How limits that nobody names are called.</summary>
internal static class LimitNames
{
    private const string DeploymentPrefix = "deployment:";
    private const string NodePrefix = "node:";

    /// <summary>No node is called so.</summary>
    private const string AnyNodeName = NodePrefix + "*";

    public static string Deployment(string deployment) => DeploymentPrefix + deployment;

    public static string Node(string node) => NodePrefix + node;

    /// <summary>What a run waits for that may run on several nodes, none of which has room.</summary>
    /// <param name="requires">What it requires of a node, in one text; null for nothing.</param>
    public static string AnyNode(string? requires) => requires is null ? AnyNodeName : $"{AnyNodeName} with {requires}";

    /// <summary>The deployment whose limit it is; null if it is none's.</summary>
    public static string? DeploymentOf(string limit) =>
        limit.StartsWith(DeploymentPrefix, StringComparison.Ordinal) ? limit[DeploymentPrefix.Length..] : null;

    public static Messages.Limits.LimitKind KindOf(string limit) =>
        limit.StartsWith(DeploymentPrefix, StringComparison.Ordinal) ? Messages.Limits.LimitKind.Deployment
        : limit.StartsWith(NodePrefix, StringComparison.Ordinal) ? Messages.Limits.LimitKind.Node
        : Messages.Limits.LimitKind.Named;
}
