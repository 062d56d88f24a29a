using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Runner.Messages.Runs;

namespace Runner.Actors.FlowRunners;

/// <summary>Names one attempt of one run: what a process, its files and its messages are keyed by.</summary>
public readonly record struct AttemptKey(Guid RunId, int Attempt)
{
    /// <inheritdoc/>
    public override string ToString() => $"{RunId:D}/{Attempt}";
}

/// <summary>What an attempt runs. Everything is resolved: no templates, no relative paths.</summary>
/// <param name="Command">The argv; the first is the program, looked up in PATH of <paramref name="Environment"/> when it has no slash
/// (relative to <paramref name="WorkingDirectory"/> when it has one and is relative).</param>
/// <param name="Environment">Added to the node's own environment; a null value removes the variable.</param>
/// <param name="Parameters">The run's parameters as one JSON object in UTF-16 text. The program finds them in RUNNER_PARAMETERS, or if they are
/// longer than 96 KiB of UTF-8, in the file named by RUNNER_PARAMETERS_FILE; one of the two is set.</param>
public sealed record ProcessSpec(
    AttemptKey Key,
    ImmutableArray<string> Command,
    string WorkingDirectory,
    ImmutableArray<KeyValuePair<string, string?>> Environment,
    string Parameters)
{
    /// <summary>
    /// As it is declared: for what is taken as it stands there, and for nothing that this record has resolved. Null where nothing is.
    /// </summary>
    public RunRecipe? Recipe { get; init; }

    /// <summary>The system user to run as; null is the node's own.</summary>
    public string? User => Recipe?.User;

    /// <summary>The deployment's name, for the log; null where nobody said.</summary>
    public string? Deployment { get; init; }

    /// <summary>Which of the node's variables the program gets, see <see cref="ProgramEnvironment.Inherit"/>; null for what the node says.</summary>
    public ImmutableArray<string>? EnvInherit => Recipe?.EnvInherit;

    /// <summary>Variables whose values are read when the program is started, and are nowhere but in its environment.</summary>
    public ImmutableArray<SecretVariable> Secrets { get => field.IsDefault ? [] : field; init; } = [];
}

/// <summary>
/// Finds a process again after this program has restarted. A pid alone is no identity, so its start time and the boot it
/// belongs to stand beside it.
/// </summary>
/// <param name="StartTime">Clock ticks after boot (field 22 of /proc/PID/stat); on systems without it, Unix milliseconds.</param>
/// <param name="BootId">/proc/sys/kernel/random/boot_id, or empty where there is none.</param>
public sealed record ProcessHandle(int Pid, long StartTime, string BootId);

/// <summary>How a process ended.</summary>
[JsonDerivedType(typeof(Exited), "exited")]
[JsonDerivedType(typeof(Signaled), "signaled")]
[JsonDerivedType(typeof(Unknown), "unknown")]
public abstract record ProcessExit
{
    private ProcessExit() { }

    /// <summary>It ended by itself with this exit code, 0 to 255.</summary>
    public sealed record Exited(int Code) : ProcessExit;

    /// <summary>It was ended by this signal.</summary>
    public sealed record Signaled(int Signal) : ProcessExit;

    /// <summary>It is gone and nothing can tell how: it ended while the node was down, or was adopted on a system that cannot say.</summary>
    public sealed record Unknown(string Reason) : ProcessExit;
}

/// <summary>Why a process could not be started.</summary>
public enum StartFailureKind
{
    /// <summary>The program does not exist (shells say 127).</summary>
    CommandNotFound,

    /// <summary>The program exists and may not be executed (shells say 126).</summary>
    NotExecutable,

    /// <summary>The working directory does not exist or is not a directory.</summary>
    WorkingDirectoryNotFound,

    /// <summary>The system user does not exist, or this node may not become it.</summary>
    UserNotAvailable,

    /// <summary>Arguments and environment are longer than the system takes.</summary>
    ArgumentsTooLong,

    /// <summary>The value of a variable that is read at start cannot be read.</summary>
    SecretNotAvailable,

    /// <summary>The system is out of processes, memory, descriptors or disk.</summary>
    ResourcesExhausted,

    /// <summary>Anything else; the message has the system's words.</summary>
    Other,
}

/// <summary>Everything that is known once an attempt's process tree is gone.</summary>
/// <param name="StopSent">True if a stop signal was sent before the process ended by itself.</param>
/// <param name="Result">The JSON text the program left in its result file; null if none.</param>
/// <param name="ResultProblem">Why a result file that was there is not kept (not JSON, over 1 MiB); null if all is well.</param>
public sealed record ProcessOutcome(
    ProcessExit Exit,
    bool StopSent = false,
    string? Result = null,
    string? ResultProblem = null);

/// <summary>
/// What a flow runner reports of one attempt, in this order: first one of <see cref="Started"/>, <see cref="StartFailed"/> or
/// <see cref="NeverStarted"/>; after Started exactly one <see cref="Ended"/>. Recovery of a process that is already gone reports Ended
/// alone, and so does the start of an attempt that an earlier life of the node had started. Called from the flow runner's threads; an implementation
/// must return at once and never throw.
/// </summary>
public interface IProcessObserver
{
    /// <summary>The process is alive (or was, a moment ago) under this handle.</summary>
    void Started(ProcessHandle handle);

    /// <summary>The process never came to be. <paramref name="message"/> is one sentence naming what was missing.</summary>
    void StartFailed(StartFailureKind kind, string message);

    /// <summary>
    /// There is proof that this attempt's process was never spawned: the answer to a recovery, or to a stop that came while the start
    /// was waiting its turn, or where the node may start nothing by then.
    /// </summary>
    void NeverStarted();

    /// <summary>The process, and on a stop its whole tree, is gone.</summary>
    void Ended(ProcessOutcome outcome);
}

/// <summary>A flow runner that keeps starts waiting while the system has no room for them, and says so.</summary>
public interface IStartTrouble
{
    /// <summary>What keeps programs from being started, and what to do, in sentences; null if nothing does. Thread-safe.</summary>
    string? StartTrouble { get; }
}

/// <summary>A flow runner that can end all it has without being told of each.</summary>
public interface IKillsAll
{
    /// <summary>SIGKILL to the tree of every attempt that is here; those whose start waits are not started. Thread-safe; returns at once.</summary>
    void KillAll();
}

/// <summary>A flow runner that keeps files of attempts under another user apart, and may find some that an earlier life has left.</summary>
public interface IUserFiles
{
    /// <summary>The attempts that have such files now.</summary>
    IReadOnlyCollection<AttemptKey> WithUserFiles();

    /// <summary>Removes those of an attempt whose outcome is durable.</summary>
    void RemoveUserFiles(AttemptKey key);
}

/// <summary>How hard to ask a process tree to end.</summary>
public enum StopSignal
{
    /// <summary>SIGTERM to every process of the tree.</summary>
    Terminate,

    /// <summary>SIGKILL to every process of the tree.</summary>
    Kill,
}

/// <summary>
/// Starts, watches and stops the processes of attempts. The ProcessActor calls; no method blocks or throws: everything that
/// happens is reported to the observer. Life of an attempt:
/// <code>
///   Start ──► Started ──► (Stop Terminate) ──► (Stop Kill) ──► Ended
///     └─────► StartFailed | NeverStarted (a stop was first) | Ended(Unknown) (an earlier life of the node had started it)
///   Recover ► Started | NeverStarted | Ended
/// </code>
/// What was reported last is kept until Forget. Grace times and timeouts are the caller's: a flow runner only sends the signal it is told to.
/// </summary>
public interface IFlowRunner
{
    /// <summary>
    /// Starts a process. The same key is started at most once, ever: if it is alive in this flow runner, the observer takes the place
    /// of the former one and is told Started; if it has left a trace on disk, Ended(Unknown) is reported.
    /// </summary>
    void Start(ProcessSpec spec, IProcessObserver observer);

    /// <summary>
    /// Finds the process of an attempt that an earlier life of this node, or of the calling actor, may have started.
    /// </summary>
    /// <param name="handle">As <see cref="IProcessObserver.Started"/> gave it, or null if the node died before it was stored.</param>
    void Recover(ProcessSpec spec, ProcessHandle? handle, IProcessObserver observer);

    /// <summary>
    /// Signals the whole process tree of an attempt. Nothing happens if it has ended, or if its program has by itself (it keeps its
    /// result). A terminate can be followed by a kill, and either repeated.
    /// </summary>
    void Stop(AttemptKey key, StopSignal signal);

    /// <summary>
    /// What became of an attempt is durable. Until this is said an attempt that has ended is remembered with its outcome, and whoever starts or
    /// recovers it is told that: an actor that dies between the two loses no exit code.
    /// </summary>
    void Forget(AttemptKey key);
}
