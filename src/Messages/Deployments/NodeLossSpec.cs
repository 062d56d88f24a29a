using System.Collections.Immutable;
using Runner.Messages.Deployments.Fields;

namespace Runner.Messages.Deployments;

/// <summary>What becomes of a run whose program's node is lost.</summary>
/// <param name="After">
/// How long its node has to have been lost before anything but waiting is done, 5 s to 1 day; null is <see cref="DefaultAfter"/>.
/// </param>
public sealed record NodeLossSpec(NodeLossAction Action = NodeLossAction.Wait, TimeSpan? After = null)
{
    /// <summary>Longer than a node takes to start again.</summary>
    public static readonly TimeSpan DefaultAfter = TimeSpan.FromSeconds(30);

    internal static ImmutableArray<Field<NodeLossSpec>> Fields { get; } =
    [
        new WordField<NodeLossSpec, NodeLossAction>(
            "action", l => l.Action, (l, v) => l with { Action = v },
            [("wait", NodeLossAction.Wait), ("retry", NodeLossAction.Retry), ("crash", NodeLossAction.Crash)])
        {
            About = "whether the run waits for its node, has its next attempt on another, or ends as Crashed", Default = "`wait`", Example = "retry",
        },
        new DurationField<NodeLossSpec>("after", l => l.After, (l, v) => l with { After = v }, TimeSpan.FromSeconds(5), TimeSpan.FromDays(1))
        {
            About = "how long its node has to have been lost before it is tried again or crashes; with `wait` it changes nothing",
            Default = $"`{DurationText.Format(DefaultAfter)}`", Example = "1m",
        },
    ];

    /// <summary>How long its node has to have been lost.</summary>
    internal TimeSpan Grace => After ?? DefaultAfter;
}

/// <summary>What becomes of a run whose program's node is lost.</summary>
public enum NodeLossAction
{
    /// <summary>It goes on when its node is back.</summary>
    Wait,

    /// <summary>Its next attempt starts on another node.</summary>
    Retry,

    /// <summary>It has crashed.</summary>
    Crash,
}
