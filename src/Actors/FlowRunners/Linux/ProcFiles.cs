using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>What /proc/PID/stat says of a process.</summary>
/// <param name="StartTime">Clock ticks after boot.</param>
/// <param name="WaitStatus">How it ended, while it is a zombie; 0 also where this user may not know.</param>
/// <param name="Flags">The kernel's PF_ flags of the first thread.</param>
internal readonly record struct ProcessStat(
    char State, int Parent, int Group, int Session, int Threads, long StartTime, int WaitStatus, long Flags = 0)
{
    private const long Exiting = 4;

    /// <summary>A zombie all of whose threads have ended: a first thread that ended before the others looks like one, too.</summary>
    public bool IsDead => State is 'X' || (State is 'Z' && Threads <= 1);

    /// <summary>It has ended by itself or is about to: nothing of the program is executed any more, though its files may still be closing.</summary>
    public bool IsEnding => IsDead || (Threads <= 1 && (Flags & Exiting) != 0);
}

/// <summary>Reads files of /proc without allocating.</summary>
internal static unsafe class ProcFiles
{
    private const int LongestPath = 64;

    public static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Null if there is no such process.</summary>
    /// <exception cref="StartFailure">This program is out of descriptors.</exception>
    public static ProcessStat? ReadStat(int pid)
    {
        var buffer = stackalloc byte[1024];
        var fd = OpenOf(pid, "/stat\0"u8);
        if (fd < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error is EMFILE or ENFILE or ENOMEM
                ? throw new StartFailure(StartFailureKind.ResourcesExhausted, $"/proc cannot be read: {Marshal.GetPInvokeErrorMessage(error)}.")
                : null;
        }

        var length = (int)NativeMethods.Read(fd, buffer, 1024);
        _ = Close(fd);
        return length > 0 ? ParseStat(new ReadOnlySpan<byte>(buffer, length)) : null;
    }

    /// <summary>A number that stands in a file of /proc; null if there is no such file, or it may not be read.</summary>
    public static int? ReadNumber(string path)
    {
        var fd = Open(path, O_RDONLY | O_CLOEXEC, 0);
        if (fd < 0)
        {
            return null;
        }

        var buffer = stackalloc byte[32];
        var length = (int)NativeMethods.Read(fd, buffer, 32);
        _ = Close(fd);
        return length > 0 && Utf8Parser.TryParse(new ReadOnlySpan<byte>(buffer, length), out int number, out _) ? number : null;
    }

    /// <summary>Writes a number to a file of /proc; false, with the error where errors are, if it cannot be.</summary>
    public static bool WriteNumber(string path, int number)
    {
        var fd = Open(path, O_WRONLY | O_CLOEXEC, 0);
        if (fd < 0)
        {
            return false;
        }

        var buffer = stackalloc byte[32];
        _ = Utf8Formatter.TryFormat(number, new Span<byte>(buffer, 32), out var length);
        var written = NativeMethods.Write(fd, buffer, length);
        var error = Marshal.GetLastPInvokeError();
        _ = Close(fd);
        Marshal.SetLastPInvokeError(written < 0 ? error : 0);
        return written == length;
    }

    /// <summary>What this process says by its environment of the attempt it belongs to; null if nothing, or if it may not be read.</summary>
    /// <param name="isEmpty">Whether it has no environment, as for a moment while it begins to execute a program.</param>
    // In one piece: the buffer, which grows, is rented, filled and given back here.
    public static AttemptMark? ReadMark(int pid, out bool isEmpty)
    {
        isEmpty = false;
        var fd = OpenOf(pid, "/environ\0"u8);
        if (fd < 0)
        {
            return null;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        var length = 0;
        try
        {
            while (true)
            {
                int count;
                fixed (byte* free = &buffer[length])
                {
                    count = (int)NativeMethods.Read(fd, free, buffer.Length - length);
                }

                if (count <= 0)
                {
                    isEmpty = count == 0 && length == 0;
                    return ParseMark(buffer.AsSpan(0, length));
                }

                length += count;
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(2 * length);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }
        }
        finally
        {
            _ = Close(fd);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    internal static ProcessStat? ParseStat(ReadOnlySpan<byte> text)
    {
        // The second field is the program's name in parentheses and may hold anything, so fields are counted from its end.
        var rest = text[(text.LastIndexOf((byte)')') + 2)..].TrimEnd((byte)'\n');
        Span<long> numbers = stackalloc long[50];
        var count = 0;
        var state = (char)rest[0];
        var fields = rest[2..];
        foreach (var field in fields.Split((byte)' '))
        {
            if (count == numbers.Length)
            {
                break;
            }

            // Fields that are unsigned and larger than this are of no interest and read as 0.
            _ = Utf8Parser.TryParse(fields[field], out numbers[count], out _);
            count++;
        }

        // numbers[0] is field 4.
        return count < 19
            ? null
            : new ProcessStat(state, (int)numbers[0], (int)numbers[1], (int)numbers[2], (int)numbers[16], numbers[18],
                count >= 49 ? (int)numbers[48] : 0, numbers[5]);
    }

    internal static AttemptMark? ParseMark(ReadOnlySpan<byte> environment)
    {
        return Guid.TryParseExact(Encoding.ASCII.GetString(ValueOf(environment, "RUNNER_RUN_ID="u8)), "D", out var run)
            && Utf8Parser.TryParse(ValueOf(environment, "RUNNER_ATTEMPT="u8), out int attempt, out _)
                ? new AttemptMark(new AttemptKey(run, attempt), ValueOf(environment, "RUNNER_RESULT_FILE="u8) is { IsEmpty: false } file
                    ? Encoding.UTF8.GetString(file) : null)
                : null;
    }

    private static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> name)
    {
        var rest = environment;
        while (rest.IndexOf(name) is >= 0 and var at)
        {
            var isName = at == 0 ? rest.Length == environment.Length : rest[at - 1] == 0;
            rest = rest[(at + name.Length)..];
            if (isName)
            {
                return rest.IndexOf((byte)0) is >= 0 and var end ? rest[..end] : rest;
            }
        }

        return [];
    }

    private static int OpenOf(int pid, ReadOnlySpan<byte> file)
    {
        var path = stackalloc byte[LongestPath];
        var span = new Span<byte>(path, LongestPath);
        "/proc/"u8.CopyTo(span);
        _ = Utf8Formatter.TryFormat(pid, span[6..], out var digits);
        file.CopyTo(span[(6 + digits)..]);
        return Open(path, O_RDONLY | O_CLOEXEC, 0);
    }
}
