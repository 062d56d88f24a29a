namespace Runner.Messages.Deployments;

/// <summary>
/// What a deployment does with occurrences that fell due while nothing could run them (the node was down, the schedule's owner
/// was moving). An occurrence a few seconds old still counts as on time and runs under every policy.
/// </summary>
public enum CatchUpPolicy
{
    /// <summary>Every missed occurrence runs, oldest first.</summary>
    All,

    /// <summary>Only the newest missed occurrence runs, and only when none is on time.</summary>
    Latest,

    /// <summary>Missed occurrences never run.</summary>
    None,
}
