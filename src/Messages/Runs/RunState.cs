using System.Collections.Immutable;

namespace Runner.Messages.Runs;

/// <summary>What a run's state means to a machine. Names for people stand in <see cref="StateNames"/>.</summary>
public enum StateType
{
    /// <summary>Will run: at a time, after a retry's delay, or when a slot is free.</summary>
    Scheduled,

    /// <summary>Its slots are taken and its process is being started.</summary>
    Pending,

    /// <summary>Its process is alive.</summary>
    Running,

    /// <summary>Held back until somebody resumes it.</summary>
    Paused,

    /// <summary>Its process is being stopped because somebody cancelled it.</summary>
    Cancelling,

    /// <summary>Ended with exit code 0.</summary>
    Completed,

    /// <summary>Ended with another exit code, or overran its time.</summary>
    Failed,

    /// <summary>Could not be started, was killed by nobody here, or was lost.</summary>
    Crashed,

    /// <summary>Ended because somebody asked.</summary>
    Cancelled,
}

/// <summary>The names of states, as Prefect spells them.</summary>
public static class StateNames
{
    public const string Scheduled = "Scheduled";
    public const string Late = "Late";
    public const string AwaitingRetry = "AwaitingRetry";
    public const string AwaitingConcurrencySlot = "AwaitingConcurrencySlot";
    public const string Submitting = "Submitting";
    public const string Running = "Running";
    public const string Retrying = "Retrying";
    public const string Stopping = "Stopping";
    public const string Cancelling = "Cancelling";
    public const string Completed = "Completed";
    public const string Failed = "Failed";
    public const string TimedOut = "TimedOut";
    public const string Crashed = "Crashed";
    public const string Cancelled = "Cancelled";

    /// <summary>Every name with the type it is a state of, in the order of the types.</summary>
    public static ImmutableArray<(string Name, StateType Type)> All { get; } =
    [
        (Scheduled, StateType.Scheduled), (Late, StateType.Scheduled), (AwaitingRetry, StateType.Scheduled),
        (AwaitingConcurrencySlot, StateType.Scheduled),
        (Submitting, StateType.Pending),
        (Running, StateType.Running), (Retrying, StateType.Running), (Stopping, StateType.Running),
        (Cancelling, StateType.Cancelling),
        (Completed, StateType.Completed),
        (Failed, StateType.Failed), (TimedOut, StateType.Failed),
        (Crashed, StateType.Crashed),
        (Cancelled, StateType.Cancelled),
    ];

    /// <summary>The names of a type's states; none for a type that no run is ever in.</summary>
    public static ImmutableArray<string> Of(StateType type) => [.. All.Where(state => state.Type == type).Select(state => state.Name)];
}

/// <summary>A run's state at one moment.</summary>
/// <param name="Name">One of <see cref="StateNames"/>.</param>
/// <param name="At">Since when.</param>
/// <param name="Message">Why, in a sentence; null where the name says it all.</param>
public sealed record RunState(StateType Type, string Name, DateTimeOffset At, string? Message = null)
{
    /// <summary>Whether this is the last state a run ever has.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsTerminal => Type.IsTerminal();
}

/// <summary>Questions about state types. A type that is added is asked each of them by the compiler.</summary>
public static class StateTypeExtensions
{
    /// <summary>Whether a run in this state never changes again.</summary>
    public static bool IsTerminal(this StateType type) => type switch
    {
        StateType.Scheduled or StateType.Pending or StateType.Running or StateType.Paused or StateType.Cancelling => false,
        StateType.Completed or StateType.Failed or StateType.Crashed or StateType.Cancelled => true,
    };

    /// <summary>Whether an attempt's process may exist.</summary>
    public static bool HasProcess(this StateType type) => type switch
    {
        StateType.Pending or StateType.Running or StateType.Cancelling => true,
        StateType.Scheduled or StateType.Paused or StateType.Completed or StateType.Failed or StateType.Crashed or StateType.Cancelled => false,
    };

    /// <summary>Whether an attempt that ends in it did not do its work, though nobody cancelled it.</summary>
    public static bool IsFailure(this StateType type) => type switch
    {
        StateType.Failed or StateType.Crashed => true,
        StateType.Scheduled or StateType.Pending or StateType.Running or StateType.Paused or StateType.Cancelling or StateType.Completed
            or StateType.Cancelled => false,
    };
}
