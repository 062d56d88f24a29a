using Runner.Messages.Runs;

namespace Runner.Host.Logs;

/// <summary>How far a run is, as far as its output goes.</summary>
/// <param name="Attempt">The newest attempt; 0 before the first.</param>
/// <param name="AttemptOver">Whether that attempt has ended.</param>
/// <param name="RunOver">Whether no attempt follows.</param>
internal readonly record struct RunProgress(int Attempt, bool AttemptOver, bool RunOver)
{
    /// <summary>Whether nothing is written for this attempt any more.</summary>
    public bool HasEnded(int attempt) => RunOver || attempt < Attempt || (attempt == Attempt && AttemptOver);

    /// <summary>Whether its process may be writing now.</summary>
    public bool IsLive(int attempt) => attempt == Attempt && !HasEnded(attempt);

    /// <param name="attempt">The newest attempt; 0 before the first.</param>
    public static RunProgress Of(RunState state, int attempt) =>
        // A run that waits (again) has no process: whatever attempt it has made is over.
        new(attempt, !state.Type.HasProcess(), state.IsTerminal);
}
