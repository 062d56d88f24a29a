using System.Collections.Immutable;
using Runner.Messages.Runs;

namespace Runner.Host.Logs;

/// <summary>How far a run is, as far as its output goes.</summary>
/// <param name="Attempt">The newest attempt; 0 before the first.</param>
/// <param name="AttemptOver">Whether that attempt has ended.</param>
/// <param name="RunOver">Whether no attempt follows.</param>
internal readonly record struct RunProgress(int Attempt, bool AttemptOver, bool RunOver)
{
    /// <summary>Every state it has been in; none where that was not asked.</summary>
    public ImmutableArray<RunStateChange> History { get => field.IsDefault ? [] : field; init; }

    /// <summary>Where an attempt is executed, or was; null if it has not begun, or that is not known.</summary>
    public string? NodeOf(int attempt) => History.LastOrDefault(step => step.Attempt == attempt && step.Node is not null)?.Node;

    /// <summary>Whether nothing is written for this attempt any more.</summary>
    public bool HasEnded(int attempt) => RunOver || attempt < Attempt || (attempt == Attempt && AttemptOver);

    /// <summary>Whether its process may be writing now.</summary>
    public bool IsLive(int attempt) => attempt == Attempt && !HasEnded(attempt);

    public static RunProgress Of(RunView view) => Of(view.State, view.Attempt) with { History = view.History };

    /// <param name="attempt">The newest attempt; 0 before the first.</param>
    public static RunProgress Of(RunState state, int attempt) =>
        // A run that waits (again) has no process: whatever attempt it has made is over.
        new(attempt, !state.Type.HasProcess(), state.IsTerminal);
}
