namespace Runner.Actors.FlowRunners;

/// <summary>
/// Says in one or two sentences what an end means and what to do about it. Exit codes are the shells': 128 + n for signal n,
/// 126 and 127 for a program that could not be started.
/// </summary>
public static class ExitExplanation
{
    /// <summary>The exit code (null if nobody knows it) and the explanation of how a process ended.</summary>
    public static (int? ExitCode, string Explanation) Of(ProcessExit exit) => exit switch
    {
        ProcessExit.Exited(var code) => (code, OfCode(code)),
        ProcessExit.Signaled(var signal) => (128 + signal, OfSignal(signal)),
        ProcessExit.Unknown(var reason) => (null, $"How the process ended is not known: {reason}"),
        _ => throw new ArgumentOutOfRangeException(nameof(exit), exit, "not a way to end"),
    };

    /// <summary>The exit code a shell would give for a start that failed (null if none), and the explanation.</summary>
    /// <param name="message">The flow runner's sentence: what was missing.</param>
    public static (int? ExitCode, string Explanation) Of(StartFailureKind kind, string message) => kind switch
    {
        StartFailureKind.CommandNotFound => (127, $"Command not found: {message}"),
        StartFailureKind.NotExecutable => (126, $"Not executable: {message}"),
        StartFailureKind.WorkingDirectoryNotFound => (null, $"Working directory not found: {message}"),
        StartFailureKind.UserNotAvailable => (null, $"User not available: {message}"),
        StartFailureKind.ArgumentsTooLong => (null, $"Arguments too long: {message}"),
        StartFailureKind.SecretNotAvailable => (null, $"Secret not available: {message}"),
        StartFailureKind.ResourcesExhausted => (null, $"Resources exhausted on the node: {message}"),
        StartFailureKind.Other => (null, $"The process could not be started: {message}"),
    };

    private static string OfCode(int code) => code switch
    {
        0 => "The process ended well.",
        1 => "The process ended with a general error (exit code 1). Read its output for the cause.",
        125 => "The container failed to run (exit code 125). Check the image's name, the options, and the container engine's own log.",
        126 => "The command is not executable (exit code 126). Check its permissions, and that it is a program or has a #! line.",
        127 => "The command was not found (exit code 127). Check its spelling, that it is installed on this node, and PATH.",
        247 => "The process was ended for high memory use (exit code 247). Give it more memory, or let it use less.",
        > 128 and <= 128 + 31 => OfSignal(code - 128),
        _ => $"The process ended with exit code {code}, whose meaning is the program's own. Read its output for the cause.",
    };

    private static string OfSignal(int signal) => signal switch
    {
        2 => "The process was interrupted (SIGINT, exit code 130).",
        4 => "The process met an instruction this processor does not have (SIGILL, exit code 132). Check that it was built for this machine.",
        6 => "The process gave itself up (SIGABRT, exit code 134), often at a failed assertion. Read its output for the cause.",
        7 => "The process read memory that is not there (SIGBUS, exit code 135), often a mapped file on a full disk.",
        8 => "The process did impossible arithmetic (SIGFPE, exit code 136), often a division by zero.",
        9 => "The process was killed (SIGKILL, exit code -9 or 137), often because the machine or its container ran out of memory. "
            + "Look for the out-of-memory killer in the system's log; give it more memory, or let it use less.",
        11 => "The process touched memory that is not its own (SIGSEGV, exit code 139): a fault in the program or in a native library of it.",
        13 => "The process wrote to a pipe nobody reads (SIGPIPE, exit code 141).",
        15 => "The process was terminated (SIGTERM, exit code -15 or 143): something asked it to end, such as a person, a service manager "
            + "or the machine shutting down. Run it again if that was not wanted.",
        24 => "The process used up its processor time (SIGXCPU, exit code 152). Raise the limit (ulimit -t), or let it do less.",
        25 => "The process wrote a file larger than it may (SIGXFSZ, exit code 153). Raise the limit (ulimit -f).",
        _ => $"The process was ended by {Signals.NameOf(signal)} (exit code {128 + signal}), which was not sent from here.",
    };
}
