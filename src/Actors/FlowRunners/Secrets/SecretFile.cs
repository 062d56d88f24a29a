using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Runner.Actors.FlowRunners.Linux;

namespace Runner.Actors.FlowRunners.Secrets;

/// <summary>
/// A file with a secret value, which somebody has named to the node. Links are followed, as where secrets are mounted the names are links; what they
/// lead to has to be a plain file, and is never waited for.
/// </summary>
internal static class SecretFile
{
    /// <summary>What stands in it.</summary>
    /// <exception cref="SecretFailure">It cannot be read, or is larger than a value may be.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            using var file = OperatingSystem.IsLinux() ? OpenLinux(path) : OpenOthers(path);
            var buffer = new byte[SecretValues.LargestValue + 2];
            int length = 0, count;
            while (length < buffer.Length && (count = RandomAccess.Read(file, buffer.AsSpan(length), length)) > 0)
            {
                length += count;
            }

            // With the line feed that is left out.
            return length <= SecretValues.LargestValue + 1 ? buffer[..length] : throw new SecretFailure(SecretValues.TooLarge);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Missing();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SecretFailure($"{e.Message.TrimEnd('.')}. See that the node's user may read it.");
        }
    }

    private static SecretFailure Missing() => new("there is no such file on this node. Put it there, or correct the path in the deployment.");

    private static SecretFailure NotPlain() => new("it is not a plain file. Name a file, or a link to one.");

    private static SafeFileHandle OpenOthers(string path) => FileFacts.Of(path, followLink: true) switch
    {
        null => throw Missing(),
        { Kind: FileKind.Regular } => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete),
        _ => throw NotPlain(),
    };

    private static unsafe SafeFileHandle OpenLinux(string path)
    {
        // Looked at before it is opened, so that a pipe or a device is not touched; and it is that very thing that is opened.
        var place = NativeMethods.Open(path, NativeMethods.O_PATH | NativeMethods.O_CLOEXEC, 0);
        if (place < 0)
        {
            throw Failed(Marshal.GetLastPInvokeError());
        }

        try
        {
            NativeMethods.StatXBuffer stat;
            if (NativeMethods.StatX(place, string.Empty, NativeMethods.AT_EMPTY_PATH, NativeMethods.STATX_MODE_SIZE, &stat) != 0)
            {
                throw Failed(Marshal.GetLastPInvokeError());
            }

            if (FileFacts.KindOf(stat.Mode) != FileKind.Regular)
            {
                throw NotPlain();
            }

            var opened = NativeMethods.Open($"/proc/self/fd/{place}", NativeMethods.O_RDONLY | NativeMethods.O_NONBLOCK | NativeMethods.O_CLOEXEC, 0);
            return opened >= 0 ? new SafeFileHandle(opened, ownsHandle: true) : throw Failed(Marshal.GetLastPInvokeError());
        }
        finally
        {
            _ = NativeMethods.Close(place);
        }
    }

    private static Exception Failed(int error) => error switch
    {
        NativeMethods.ENOENT or NativeMethods.ENOTDIR => Missing(),
        NativeMethods.EACCES or NativeMethods.EPERM =>
            new SecretFailure("the node's user may not read it. Give that user the right to, and to pass the folders above it."),
        NativeMethods.EMFILE or NativeMethods.ENFILE or NativeMethods.ENOMEM => new StartFailure(
            StartFailureKind.ResourcesExhausted,
            "The node has no descriptors or memory left to read a secret value with: raise its limit of open files (LimitNOFILE, ulimit -n)."),
        NativeMethods.EAGAIN =>
            new SecretFailure("another program holds it (a lease), so that the node would have to wait for it. End that program."),
        _ => new SecretFailure($"{Marshal.GetPInvokeErrorMessage(error)}."),
    };
}
