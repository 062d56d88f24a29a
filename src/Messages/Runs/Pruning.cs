namespace Runner.Messages.Runs;

/// <summary>
/// Deletes ended runs with their history and output, a part of them at a time. Without a rule of its own it does what the node does by
/// itself anyway: by the deployment's rule where there is one, otherwise by the node's. Answered with <see cref="PruneReport"/> or a refusal.
/// </summary>
/// <param name="KeepFor">Delete what ended longer ago, 0 to 36,500 days; null for no bound by age.</param>
/// <param name="KeepRuns">Delete all but the newest so many ended runs, 0 to 1,000,000,000; null for no bound by count.</param>
/// <param name="Deployment">Only of this deployment; null for all, of which those with a rule of their own are left alone by another rule.</param>
/// <param name="DryRun">Only count.</param>
/// <param name="After">Where the part before ended: its <see cref="PruneReport.Next"/>; null for the first.</param>
public sealed record PruneRuns(
    TimeSpan? KeepFor = null, long? KeepRuns = null, string? Deployment = null, bool DryRun = false, string? After = null)
    : IRequest<PruneReport>, IWireMessage;

/// <summary>What one part of a pruning did, or would do.</summary>
/// <param name="Runs">How many runs.</param>
/// <param name="OutputBytes">The size of their output and results.</param>
/// <param name="KeepAtLeast">What ended more recently stays, whatever the rule.</param>
/// <param name="Next">Pass as <c>after</c> for the next part; null if this was the last.</param>
public sealed record PruneReport(long Runs, long OutputBytes, TimeSpan KeepAtLeast, string? Next, StoreRoom Store) : IWireMessage;

/// <summary>The room the node's store takes.</summary>
/// <param name="Bytes">All of it.</param>
/// <param name="FreeBytes">Of these, what deleted runs have left so far.</param>
/// <param name="GivesBack">True if most of the free room goes back to the disk over time; false if new runs use it and the file keeps its
/// size.</param>
public sealed record StoreRoom(long Bytes, long FreeBytes, bool GivesBack);
