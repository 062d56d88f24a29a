using System.Buffers;
using System.Runtime.InteropServices;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>Reads a result file that a program of another user may have put there: nothing in its place can make this block.</summary>
internal static unsafe class LinuxResultFile
{
    public static (string? Result, string? Problem) Read(string path)
    {
        var fd = Open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
        if (fd < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error switch
            {
                ENOENT => (null, null),
                ELOOP => (null, "The result file is a symbolic link and was not kept; write the file itself."),
                _ => (null, $"The result file cannot be read: {Marshal.GetPInvokeErrorMessage(error)}"),
            };
        }

        try
        {
            return ReadOpened(fd);
        }
        finally
        {
            _ = Close(fd);
        }
    }

    private static (string? Result, string? Problem) ReadOpened(int fd)
    {
        StatXBuffer stat;
        if (StatX(fd, string.Empty, AT_EMPTY_PATH, STATX_MODE_SIZE, &stat) != 0 || (stat.Mode & S_IFMT) != S_IFREG)
        {
            return (null, "The result file is not a regular file and was not kept.");
        }

        if (stat.Size > ResultFile.MaximumBytes)
        {
            return (null, ResultFile.TooLarge);
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)stat.Size + 1);
        try
        {
            fixed (byte* bytes = buffer)
            {
                nint length = 0, count;
                while (length < buffer.Length && (count = NativeMethods.Read(fd, bytes + length, buffer.Length - length)) > 0)
                {
                    length += count;
                }

                return ResultFile.Judge(buffer.AsSpan(0, (int)length));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
