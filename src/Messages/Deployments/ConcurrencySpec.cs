using System.Collections.Immutable;
using Runner.Messages.Deployments.Fields;

namespace Runner.Messages.Deployments;

/// <summary>A deployment's own limit.</summary>
/// <param name="Limit">1 or more.</param>
public sealed record ConcurrencySpec(int Limit, OnFull OnFull = OnFull.Queue)
{
    /// <summary>The greatest size of any limit.</summary>
    internal const int LargestLimit = 1_000_000;

    internal static ImmutableArray<Field<ConcurrencySpec>> Fields { get; } =
    [
        new WholeField<ConcurrencySpec>("limit", c => c.Limit, (c, v) => c with { Limit = v }, 1, LargestLimit)
        {
            IsRequired = true, Type = "whole number, required", About = "how many of its runs may run at once",
            Expected = "a whole number of 1 or more", Instead = "To hold runs back, set paused: true", Example = "2",
        },
        new WordField<ConcurrencySpec, OnFull>(
            "on_full", c => c.OnFull, (c, v) => c with { OnFull = v },
            [("queue", OnFull.Queue), ("cancel_new", OnFull.CancelNew), ("cancel_running", OnFull.CancelRunning)])
        {
            About = "whether a run that finds it full waits, is cancelled at once, or takes the place of the oldest that runs", Default = "`queue`",
            Example = "cancel_new",
        },
    ];
}

/// <summary>What happens to a run that finds its deployment's limit full.</summary>
public enum OnFull
{
    /// <summary>It waits.</summary>
    Queue,

    /// <summary>It is cancelled at once.</summary>
    CancelNew,

    /// <summary>It takes the place of the oldest one, which is cancelled, as whatever waits already is.</summary>
    CancelRunning,
}
