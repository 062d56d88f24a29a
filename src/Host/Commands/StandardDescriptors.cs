using System.Runtime.InteropServices;
using System.Text;

namespace Runner.Host.Commands;

/// <summary>
/// Standard input, output and error that were closed when the program was started (<c>&lt;&amp;-</c>, <c>&gt;&amp;-</c>) are opened on nothing.
/// Otherwise the next file that is opened takes the number, and what is meant for a person goes into it, or a read waits for what never comes.
/// </summary>
/// <remarks>
/// The runtime has opened files before any code of ours runs, so the numbers are taken already. Those files are told from what was inherited by their
/// close-on-exec mark, which nothing that was inherited can have. They are the runtime's, so the program becomes itself anew with the numbers put
/// right.
/// </remarks>
internal static unsafe partial class StandardDescriptors
{
    private const int F_GETFD = 1, FD_CLOEXEC = 1, O_RDONLY = 0, O_WRONLY = 1;

    private static readonly string[] Names = ["standard input", "standard output", "standard error"];

    /// <summary>Returns if nothing is closed, or if nothing can be done about it; otherwise the program starts anew.</summary>
    public static void Open()
    {
        // Elsewhere the arguments cannot be handed on as they were given.
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var closed = Enumerable.Range(0, Names.Length)
            .Where(fd => FileControl(fd, F_GETFD, 0) is var flags && (flags < 0 || (flags & FD_CLOEXEC) != 0)).ToArray();
        if (closed.Length == 0 || Arguments() is not { Length: > 1 } arguments)
        {
            return;
        }

        var (nothing, lost) = (Open("/dev/null", O_RDONLY, 0), Open("/dev/null", O_WRONLY, 0));
        if (nothing < 0 || lost < 0)
        {
            return;
        }

        foreach (var fd in closed)
        {
            if (Duplicate(fd == 0 ? nothing : lost, fd) < 0)
            {
                return;
            }
        }

        foreach (var fd in (int[])[nothing, lost])
        {
            if (fd >= Names.Length)
            {
                _ = Close(fd);
            }
        }

        Say(closed);
        BecomeAnew(arguments);
    }

    /// <summary>What is said of them: <c>note: standard input was closed: nothing is read from it.</c></summary>
    internal static string Sentence(IEnumerable<int> closed) =>
        string.Concat(
            closed.Select(fd => $"note: {Names[fd]} was closed: {(fd == 0 ? "nothing is read from it" : "what is written to it is lost")}.\n"));

    /// <summary>
    /// On standard error; if that is closed, on standard output where a person reads it, since a program would take it for the answer.
    /// </summary>
    private static void Say(int[] closed)
    {
        var to = !closed.Contains(2) ? 2 : !closed.Contains(1) && IsTerminal(1) == 1 ? 1 : -1;
        if (to > 0)
        {
            var text = Encoding.ASCII.GetBytes(Sentence(closed));
            fixed (byte* bytes = text)
            {
                _ = Write(to, bytes, text.Length);
            }
        }
    }

    /// <summary>Byte for byte: an argument may be no text. Null-terminated each.</summary>
    private static byte[]? Arguments()
    {
        try
        {
            return File.ReadAllBytes("/proc/self/cmdline");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void BecomeAnew(byte[] arguments)
    {
        fixed (byte* first = arguments)
        {
            var pointers = stackalloc byte*[arguments.Count(b => b == 0) + 1];
            var count = 0;
            for (var at = 0; at < arguments.Length; at++)
            {
                if (at == 0 || arguments[at - 1] == 0)
                {
                    pointers[count++] = first + at;
                }
            }

            pointers[count] = null;

            // Returns only if it fails: then the descriptors are open on nothing, which is what was wanted, in a runtime that has lost a file of its
            // own.
            _ = Execute("/proc/self/exe", pointers);
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int from, int to);

    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsTerminal(int fd);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int fd, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, byte** arguments);
}
