namespace Runner.Messages.Deployments;

/// <summary>What happens to occurrences that came due while no node was up to emit them.</summary>
public enum CatchUpPolicy
{
    /// <summary>The newest missed occurrence runs. The default.</summary>
    Latest,

    /// <summary>Every missed occurrence runs, oldest first.</summary>
    All,

    /// <summary>No missed occurrence runs.</summary>
    None,
}
