using System.Collections.Immutable;
using Akka.Actor;
using Runner.Messages;

namespace Runner.Actors.Retention;

/// <summary>A run that had so many attempts.</summary>
public readonly record struct RunAttempts(Guid Run, int Attempts);

/// <summary>How much output there is, or was.</summary>
/// <param name="Failed">The runs whose output could not be deleted, all or in part.</param>
/// <param name="Problem">Why the first of them could not.</param>
public sealed record OutputSize(long Bytes, ImmutableArray<Guid> Failed, string? Problem) : INoSerializationVerificationNeeded;

/// <summary>
/// The files that attempts leave. Called by the sweeper, one call at a time; waits for the disk elsewhere than on the caller's thread.
/// </summary>
public interface IRunOutput
{
    /// <summary>The size of all files of these runs.</summary>
    Task<OutputSize> MeasureAsync(IReadOnlyCollection<RunAttempts> runs);

    /// <summary>Deletes all files of these runs; the size of what is gone. One that cannot be deleted does not keep the others.</summary>
    Task<OutputSize> DeleteAsync(IReadOnlyCollection<RunAttempts> runs);
}

/// <summary>To the other nodes: runs were deleted, and what is in memory of them answers no more.</summary>
internal sealed record RunsErased(ImmutableArray<string> Runs) : IWireMessage;

/// <summary>These runs are being deleted: delete the files that they have left on the node.</summary>
internal sealed record EraseOutput(ImmutableArray<RunAttempts> Runs) : IWireMessage;
