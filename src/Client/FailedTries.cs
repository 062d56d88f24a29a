namespace Runner.Client;

/// <summary>What became of asking each of some nodes, none of which answered.</summary>
/// <param name="nodes">How many there are.</param>
/// <param name="repeatable">Whether what was asked for may be sent to another node though one may have done it.</param>
internal sealed class FailedTries(int nodes, bool repeatable)
{
    private readonly List<(Uri Url, Exception Failure)> _failed = [];

    /// <summary>Whether one had too much to do to look at the request.</summary>
    public bool AnyBusy => _failed.Exists(IsBusy);

    /// <summary>Whether all had.</summary>
    public bool AllBusy => _failed.TrueForAll(IsBusy);

    public bool AnyBroken => _failed.Exists(t => t.Failure is BrokenConnectionException);

    /// <summary>What broke the connection of the only node there is; null if there are several.</summary>
    public Exception? Broken => nodes == 1 ? _failed[^1].Failure.InnerException : null;

    /// <summary>What is told: of one node what is wrong with it, of several each with its reason.</summary>
    public Exception Error => _failed is [.., var (url, last)] && (nodes == 1 || AllBusy)
        ? last is BrokenConnectionException broken ? NotKnown(url, broken) : last
        : new NodeUnreachableException([.. _failed.Select(t => (t.Url, Reason(t.Failure)))], _failed[^1].Failure);

    /// <summary>A node may have done what was asked for, and did not say so.</summary>
    public static NodeUnreachableException NotKnown(Uri url, BrokenConnectionException broken) =>
        new(url, $"{Reason(broken)}. Look, then ask again.", broken.InnerException) { MayBeDone = true };

    /// <summary>Keeps a failure after which another node may be asked; false for one that is the answer.</summary>
    public bool Take(Uri url, Exception failure)
    {
        var takes = failure switch
        {
            BrokenConnectionException => repeatable,
            RunnerApiException { IsBusy: true } => true,
            RunnerApiException away => nodes > 1 && away.IsAway(repeatable),
            NodeUnreachableException unreachable => nodes > 1 && (repeatable || !unreachable.MayBeDone),
            _ => false,
        };
        if (takes)
        {
            _failed.Add((url, failure));
        }

        return takes;
    }

    private static bool IsBusy((Uri Url, Exception Failure) t) => t.Failure is RunnerApiException { IsBusy: true };

    private static string Reason(Exception failure) => failure switch
    {
        BrokenConnectionException => "broke the connection before it answered; whether it did what was asked is not known",
        NodeUnreachableException unreachable => unreachable.Reason,
        _ => failure.Message.TrimEnd('.'),
    };
}
