using System.Runtime.InteropServices;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>Says what an error number of posix_spawn means for this program.</summary>
internal static class SpawnErrors
{
    public static StartFailure Explain(int error, ProcessSpec spec, string program)
    {
        if (FAccessAt(AT_FDCWD, spec.WorkingDirectory, X_OK, AT_EACCESS) != 0)
        {
            return new StartFailure(StartFailureKind.WorkingDirectoryNotFound,
                $"The working directory '{spec.WorkingDirectory}' cannot be entered; see to its permissions.");
        }

        return error switch
        {
            E2BIG => new StartFailure(StartFailureKind.ArgumentsTooLong,
                "Arguments and environment are longer than the system takes (2 MiB together, 128 KiB for one); pass large data in a file."),
            EAGAIN or ENOMEM or EMFILE or ENFILE or ENOSPC => new StartFailure(StartFailureKind.ResourcesExhausted,
                $"The system cannot start '{program}' now: {Marshal.GetPInvokeErrorMessage(error)}; run fewer processes at once or raise the limit."),
            ENOENT => new StartFailure(StartFailureKind.CommandNotFound, ProgramLookup.InterpreterOf(program) is { } interpreter
                ? $"The interpreter '{interpreter}' in the #! line of '{program}' does not exist on this node; install it or correct the line."
                : $"The program '{program}' or the loader it needs does not exist on this node; check that it was built for this system."),
            ENOEXEC => new StartFailure(StartFailureKind.NotExecutable,
                $"The file '{program}' is not a program: it has no #! line and is not built for this machine; "
                + "add the line or run it through its interpreter."),
            EACCES => new StartFailure(StartFailureKind.NotExecutable,
                $"The file '{program}' or its interpreter may not be executed; see to the permissions and to the mount's noexec option."),
            _ => new StartFailure(StartFailureKind.Other, $"The system cannot start '{program}': {Marshal.GetPInvokeErrorMessage(error)}."),
        };
    }
}
