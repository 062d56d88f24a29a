using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>Finds what execvp would run, and says why if it would not.</summary>
internal static unsafe class ProgramLookup
{
    private const string DefaultPath = "/bin:/usr/bin";

    private enum Finding
    {
        Program,
        Missing,
        Folder,
        Forbidden,
        Unreachable,
    }

    /// <exception cref="StartFailure">It is not there or no folder.</exception>
    public static void CheckWorkingDirectory(string path)
    {
        StatXBuffer stat;
        if (!Path.IsPathFullyQualified(path) || StatX(AT_FDCWD, path, 0, STATX_MODE_SIZE, &stat) != 0)
        {
            throw new StartFailure(StartFailureKind.WorkingDirectoryNotFound,
                $"The working directory '{path}' does not exist on this node; create it or correct the deployment.");
        }

        if ((stat.Mode & S_IFMT) != S_IFDIR)
        {
            throw new StartFailure(StartFailureKind.WorkingDirectoryNotFound,
                $"The working directory '{path}' is not a directory; correct the deployment.");
        }
    }

    /// <summary>The absolute path of a command's program.</summary>
    /// <param name="path">PATH of the program's environment; null if it has none.</param>
    /// <exception cref="StartFailure">There is none that may be executed.</exception>
    public static string Resolve(ImmutableArray<string> command, string workingDirectory, string? path)
    {
        if (command.IsDefaultOrEmpty || command[0].Length == 0)
        {
            throw new StartFailure(StartFailureKind.CommandNotFound, "The command is empty; name a program in the deployment.");
        }

        var name = command[0];
        return name.Contains('/') ? ResolveDirect(name, Absolute(name, workingDirectory))
            : ResolveInPath(name, workingDirectory, path ?? DefaultPath);
    }

    /// <summary>The interpreter of a script's first line; null if it has none.</summary>
    public static string? InterpreterOf(string program)
    {
        var buffer = stackalloc byte[256];
        var fd = Open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
        if (fd < 0)
        {
            return null;
        }

        var length = (int)Read(fd, buffer, 256);
        _ = Close(fd);
        var text = Encoding.UTF8.GetString(buffer, Math.Max(0, length));
        return text.StartsWith("#!", StringComparison.Ordinal)
            ? text[2..].Split('\n')[0].Trim(' ', '\t').Split(' ', '\t')[0].Replace("\r", "\\r", StringComparison.Ordinal)
            : null;
    }

    private static string ResolveDirect(string name, string file) => Examine(file) switch
    {
        Finding.Program => file,
        Finding.Folder => throw new StartFailure(StartFailureKind.NotExecutable, $"The command '{name}' is a directory ('{file}'); name a program."),
        Finding.Forbidden or Finding.Unreachable => throw Forbidden(file),
        _ => throw new StartFailure(StartFailureKind.CommandNotFound,
            $"There is no program '{file}' on this node; install it or correct the command."),
    };

    private static string ResolveInPath(string name, string workingDirectory, string path)
    {
        string? forbidden = null;
        foreach (var folder in path.Split(':'))
        {
            var file = $"{Absolute(folder, workingDirectory)}/{name}";
            switch (Examine(file))
            {
                case Finding.Program:
                    return file;
                // A folder of PATH that is closed to this user holds nothing for it.
                case Finding.Forbidden or Finding.Folder:
                    forbidden ??= file;
                    break;
            }
        }

        throw forbidden is null
            ? new StartFailure(
                StartFailureKind.CommandNotFound, $"There is no program '{name}' in PATH ({path}) on this node; install it or correct PATH.")
            : Forbidden(forbidden);
    }

    private static StartFailure Forbidden(string file) => new(StartFailureKind.NotExecutable,
        $"The file '{file}' may not be executed; make it executable (chmod +x) or run it through its interpreter.");

    private static string Absolute(string path, string workingDirectory) =>
        path.StartsWith('/') ? path : path.Length == 0 ? workingDirectory : $"{workingDirectory}/{path}";

    private static Finding Examine(string file)
    {
        StatXBuffer stat;
        if (StatX(AT_FDCWD, file, 0, STATX_MODE_SIZE, &stat) != 0)
        {
            return Marshal.GetLastPInvokeError() == EACCES ? Finding.Unreachable : Finding.Missing;
        }

        return (stat.Mode & S_IFMT) == S_IFDIR ? Finding.Folder
            : FAccessAt(AT_FDCWD, file, X_OK, AT_EACCESS) == 0 ? Finding.Program
            : Finding.Forbidden;
    }
}
