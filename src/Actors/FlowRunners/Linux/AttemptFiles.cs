using System.Runtime.InteropServices;
using System.Text;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>Makes the files of an attempt before its program starts.</summary>
internal static unsafe class AttemptFiles
{
    private const int OwnerOnly = 0x180; // 0600

    /// <summary>A descriptor of the new output file; -1 if there is one already.</summary>
    /// <exception cref="StartFailure">It cannot be created.</exception>
    public static int CreateStdout(RunFiles files, AttemptKey key)
    {
        try
        {
            files.EnsureDirectory(key);
            var path = files.Stdout(key);
            var fd = OpenNew(path);
            if (fd < 0 && Marshal.GetLastPInvokeError() == ENOENT)
            {
                files.EnsureDirectory(key, anew: true);
                fd = OpenNew(path);
            }

            var error = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
            return error is 0 or EEXIST ? fd : throw Failure($"The output file '{path}' cannot be created", error);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // .NET leaves the error number in HResult.
            throw new StartFailure(KindOf(e.HResult), $"The folder for output cannot be made: {e.Message}");
        }
    }

    /// <summary>A descriptor of a new file in the place of whatever an earlier program left there.</summary>
    /// <exception cref="StartFailure">It cannot be created.</exception>
    public static int CreateAnew(string path)
    {
        var fd = OpenNew(path);
        if (fd < 0 && Marshal.GetLastPInvokeError() == EEXIST)
        {
            ProgramFile.Delete(path);
            fd = OpenNew(path);
        }

        return fd >= 0 ? fd : throw Failure($"The file '{path}' cannot be created", Marshal.GetLastPInvokeError());
    }

    /// <summary>
    /// Writes large parameters into their file; gives another user what it has to read and write, outside the data folder, which is closed to it.
    /// </summary>
    /// <param name="output">Its output files, which are made already.</param>
    /// <exception cref="StartFailure">One cannot be written.</exception>
    public static void Prepare(RunFiles files, ProcessSpec spec, (int Stdout, int Stderr) output, SystemUser? user, bool large)
    {
        if (user is null)
        {
            if (large)
            {
                Write(files.Parameters(spec.Key), Encoding.UTF8.GetBytes(spec.Parameters), null);
            }

            return;
        }

        // What it has open may be opened again by its name in /proc.
        Give(files.Stdout(spec.Key), output.Stdout, user);
        Give(files.Stderr(spec.Key), output.Stderr, user);
        var own = files.OfUsers!;
        own.Make(spec.Key);
        Write(own.Result(spec.Key), [], user);
        if (large)
        {
            Write(own.Parameters(spec.Key), Encoding.UTF8.GetBytes(spec.Parameters), user);
        }

        own.Give(spec.Key, user);
    }

    private static int OpenNew(string path)
    {
        var fd = Open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, OwnerOnly);
        if (fd >= 0)
        {
            // A umask can take from the owner, too.
            _ = FChmod(fd, OwnerOnly);
        }

        return fd;
    }

    private static void Write(string path, ReadOnlySpan<byte> content, SystemUser? user)
    {
        var fd = CreateAnew(path);
        try
        {
            fixed (byte* bytes = content)
            {
                for (nint written = 0; written < content.Length;)
                {
                    var count = NativeMethods.Write(fd, bytes + written, content.Length - written);
                    written += count >= 0 ? count : throw Failure($"The file '{path}' cannot be written", Marshal.GetLastPInvokeError());
                }
            }

            if (user is not null)
            {
                Give(path, fd, user);
            }
        }
        finally
        {
            _ = Close(fd);
        }
    }

    private static void Give(string path, int fd, SystemUser user)
    {
        if (FChown(fd, user.Id, user.Group) != 0)
        {
            throw Failure($"The file '{path}' cannot be given to user '{user.Name}'", Marshal.GetLastPInvokeError());
        }
    }

    private static StartFailureKind KindOf(int error) =>
        error is EMFILE or ENFILE or ENOMEM or ENOSPC or EDQUOT ? StartFailureKind.ResourcesExhausted : StartFailureKind.Other;

    internal static StartFailure Failure(string what, int error) =>
        new(KindOf(error), $"{what}: {Marshal.GetPInvokeErrorMessage(error)}; see to the node's disk, permissions and limits.");
}
