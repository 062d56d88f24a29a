using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Runner.Actors.FlowRunners.Linux;

namespace Runner.Actors.FlowRunners;

/// <summary>
/// A file was given to a program, and there is something else in its place now, or the node is kept from reading it. The message is a sentence about
/// the file.
/// </summary>
public sealed class ReplacedFileException(string path, FileKind? kind, string what) : IOException($"{path} {what}")
{
    /// <summary>What is there instead; null if it is a plain file that cannot be read, or its folder is not the node's any more.</summary>
    public FileKind? Kind => kind;
}

/// <summary>
/// Files that a program can reach, and so can have replaced: by a link to a file of the node's user, a pipe that nobody writes to, a device, a
/// folder. Whatever the node opens of them it opens here: links are not followed, nor is one in the place of the file's folder; what is there is
/// looked at before it is opened, and it is that very thing that is opened; nothing is waited for. Only a plain file is ever read.
/// </summary>
public static class ProgramFile
{
    /// <summary>The file, open to read, to be disposed of; null if nothing is there.</summary>
    /// <param name="isFolderNamed">Whether its folder is one that somebody has named to the node, which may be a link, and not one that the node
    /// made.</param>
    /// <param name="owner">The number of the user that it has to belong to; null if that does not matter.</param>
    /// <exception cref="ReplacedFileException">It is no plain file, or it may not be read.</exception>
    /// <exception cref="IOException">The system cannot open it now.</exception>
    public static SafeFileHandle? Open(string path, bool isFolderNamed = false, uint? owner = null)
    {
        if (OperatingSystem.IsLinux())
        {
            return OpenLinux(path, isFolderNamed, owner);
        }

        try
        {
            return FileFacts.Of(path) switch
            {
                null => null,
                { Kind: FileKind.Regular } => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete),
                var facts => throw Replaced(path, facts.Kind),
            };
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            throw NotReadable(path);
        }
    }

    /// <summary>
    /// Adds to the end of a file of the node's own that programs can reach, making it if nothing is there. What is no plain file is left alone.
    /// </summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Append(string path, ReadOnlySpan<byte> bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            if (FileFacts.Of(path) is null or { Kind: FileKind.Regular })
            {
                using var file = Runner.Files.OwnFile.Open(path, FileMode.Append);
                file.Write(bytes);
            }

            return;
        }

        const int OwnerAlone = 0x180; // 0600
        var opened = NativeMethods.Open(
            path, NativeMethods.O_WRONLY | NativeMethods.O_APPEND | NativeMethods.O_CREAT | NativeMethods.O_NOFOLLOW | NativeMethods.O_NONBLOCK
                | NativeMethods.O_CLOEXEC, OwnerAlone);
        if (opened < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error is NativeMethods.ELOOP or NativeMethods.ENXIO or NativeMethods.EISDIR)
            {
                return;
            }

            throw new IOException($"{path} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        using var handle = new SafeFileHandle(opened, ownsHandle: true);
        if (IsPlain(handle))
        {
            RandomAccess.Write(handle, bytes, RandomAccess.GetLength(handle));
        }
    }

    /// <summary>Whether anything at all stands under that name, be it what it may.</summary>
    public static bool Exists(string path) => FileFacts.Of(path) is not null;

    /// <summary>Removes whatever stands under that name, with what is in it if it is a folder; what a link points to stays.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be removed.</exception>
    public static void Delete(string path)
    {
        switch (FileFacts.Of(path)?.Kind)
        {
            case null:
                break;
            case FileKind.Folder:
                Directory.Delete(path, recursive: true);
                break;
            default:
                File.Delete(path);
                break;
        }
    }

    /// <exception cref="ReplacedFileException">The folder of a program's files is something else now.</exception>
    public static void CheckFolder(string path)
    {
        if (FileFacts.Of(path) is { Kind: not FileKind.Folder and var kind })
        {
            throw Replaced(path, kind);
        }
    }

    private static SafeFileHandle? OpenLinux(string path, bool isFolderNamed, uint? owner)
    {
        var folder = NativeMethods.Open(
            Path.GetDirectoryName(path)!,
            NativeMethods.O_PATH | NativeMethods.O_DIRECTORY | NativeMethods.O_CLOEXEC | (isFolderNamed ? 0 : NativeMethods.O_NOFOLLOW), 0);
        if (folder < 0)
        {
            return Marshal.GetLastPInvokeError() is var error && (error == NativeMethods.ENOENT || (isFolderNamed && error == NativeMethods.ENOTDIR))
                ? null : throw Failed(path, error);
        }

        try
        {
            // Without reading or writing: whatever it is, nothing happens to it, and it stays the same thing from here on.
            var place = NativeMethods.OpenAt(
                folder, Path.GetFileName(path), NativeMethods.O_PATH | NativeMethods.O_NOFOLLOW | NativeMethods.O_CLOEXEC, 0);
            if (place < 0)
            {
                return Marshal.GetLastPInvokeError() is var error && error == NativeMethods.ENOENT ? null : throw Failed(path, error);
            }

            try
            {
                return OpenPlace(path, place, owner);
            }
            finally
            {
                _ = NativeMethods.Close(place);
            }
        }
        finally
        {
            _ = NativeMethods.Close(folder);
        }
    }

    private static unsafe SafeFileHandle OpenPlace(string path, int place, uint? owner)
    {
        NativeMethods.StatXBuffer stat;
        if (NativeMethods.StatX(
            place, string.Empty, NativeMethods.AT_EMPTY_PATH, NativeMethods.STATX_MODE_SIZE | NativeMethods.STATX_UID, &stat) != 0)
        {
            throw Failed(path, Marshal.GetLastPInvokeError());
        }

        if (FileFacts.KindOf(stat.Mode) is not FileKind.Regular and var kind)
        {
            throw Replaced(path, kind);
        }

        if (owner is { } user && stat.Owner != user)
        {
            throw new ReplacedFileException(
                path, null, "belongs to another user than the program runs as: a program has put it there. It is not read.");
        }

        // A program can have a lease on its file, which makes whoever opens it wait: not this.
        var opened = NativeMethods.Open($"/proc/self/fd/{place}", NativeMethods.O_RDONLY | NativeMethods.O_NONBLOCK | NativeMethods.O_CLOEXEC, 0);
        if (opened < 0)
        {
            throw Failed(path, Marshal.GetLastPInvokeError());
        }

        _ = NativeMethods.SetStatusFlags(opened, 0);
        return new SafeFileHandle(opened, ownsHandle: true);
    }

    private static unsafe bool IsPlain(SafeFileHandle handle)
    {
        NativeMethods.StatXBuffer stat;
        return NativeMethods.StatX(
            (int)handle.DangerousGetHandle(), string.Empty, NativeMethods.AT_EMPTY_PATH, NativeMethods.STATX_MODE_SIZE, &stat) == 0
            && FileFacts.KindOf(stat.Mode) == FileKind.Regular;
    }

    private static IOException Failed(string path, int error) => error switch
    {
        NativeMethods.ELOOP or NativeMethods.ENOTDIR => new ReplacedFileException(
            path, null, "is not where the node put it: its folder is a link or a file now. Put the folder back."),
        NativeMethods.EACCES or NativeMethods.EPERM => NotReadable(path),
        NativeMethods.EAGAIN =>
            new ReplacedFileException(path, null, "is held by a program (a lease), so that the node would have to wait for it. End that program."),
        _ => new IOException($"{path} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}"),
    };

    private static ReplacedFileException NotReadable(string path) =>
        new(path, null, "may not be read by the node: a program has changed its permissions. Give it back (chmod 600).");

    private static ReplacedFileException Replaced(string path, FileKind kind) => new(path, kind, kind switch
    {
        FileKind.Link => "is a symbolic link and not the file that the node made: a program has replaced it. Links are not followed.",
        FileKind.Folder => "is a folder and not the file that the node made: a program has replaced it.",
        FileKind.Regular => "is a file and not the folder that the node made: a program has replaced it.",
        FileKind.Special => "is a pipe, a socket or a device and not the file that the node made: a program has replaced it.",
    });
}
