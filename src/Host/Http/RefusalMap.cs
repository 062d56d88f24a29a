using Runner.Messages;

namespace Runner.Host.Http;

/// <summary>The one table from refusals to HTTP's statuses.</summary>
internal static class RefusalMap
{
    public static int StatusOf(Refusal refusal) => refusal switch
    {
        DeploymentInvalid or SubmissionInvalid or LimitInvalid or QueryInvalid or PruneInvalid => StatusCodes.Status400BadRequest,
        DeploymentNotFound or ScheduleNotFound or RunNotFound or LimitNotFound or NodeNotFound => StatusCodes.Status404NotFound,
        RunAlreadyEnded or RunNotEnded or KeyUsedOtherwise or SkipRefused => StatusCodes.Status409Conflict,
        StoreNotAvailable or NodeStopping or NodeBusy or TooManyFollowers => StatusCodes.Status503ServiceUnavailable,
        StoreIsFull or DiskLow => StatusCodes.Status507InsufficientStorage,
        RequestNotHandled or EntityUnreadable => StatusCodes.Status500InternalServerError,
        // A refusal is the caller's to act on; one that is not listed yet is still no failure of the node.
        _ => StatusCodes.Status409Conflict,
    };
}
