using System.Globalization;
using Runner.Actors.FlowRunners;
using Runner.Client;
using Runner.Files;
using Runner.Persistence.Postgres;

namespace Runner.Host.Configuration;

/// <summary>
/// A node's data folder, held by this process alone from <see cref="Open"/> to <see cref="Dispose"/>:
/// <code>
///   lock        locked as long as the node lives
///   node.json   {"url","pid","node"} while the API listens
///   token       the API's token
/// </code>
/// The folder is this user's alone: another's is refused, since its owner could read and change everything in it; this user's own is closed to
/// others. The kernel drops the lock with the process, however it ends, so a lock file left behind means nothing.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    /// <summary>The file that is locked.</summary>
    public const string LockName = "lock";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Passing = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Special = UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.StickyBit;

    /// <summary>What a node makes in its folder; other files in it are somebody's own.</summary>
    private static readonly string[] Made = [LockName, "node.json*", "store.db*", "foreign-programs*", MaskKey.FileName
        + "*", "user-files-key*", RunFiles.FolderName, "backup", "restor*", "before-restore-*"];

    private readonly FileStream _lock;
    private readonly string? _lockedAt;
    private bool _announced;

    private DataDirectory(string path, FileStream @lock)
    {
        FullPath = path;
        _lock = @lock;
        _lockedAt = WhereLocked();
    }

    public string FullPath { get; }

    /// <summary>That the folder could be read by others until now, in a sentence; null if it could not.</summary>
    public string? WasOpen { get; private init; }

    public string TokenPath => DataFolder.TokenFilePath(FullPath);

    private string NodePath => DataFolder.NodeFilePath(FullPath);

    /// <summary>Makes the folder if it is not there and takes its lock.</summary>
    /// <exception cref="NodeStartException">It is no folder, may not be written, or another node has it.</exception>
    public static DataDirectory Open(string path)
    {
        Make(path);
        var open = Close(path);
        var data = new DataDirectory(path, TakeLock(path)) { WasOpen = open };
        try
        {
            // What a killed node said of itself is no longer so.
            File.Delete(data.NodePath);
            return data;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            data._lock.Dispose();
            throw NotWritable(path, e);
        }
    }

    /// <summary>
    /// Whether the lock is still that of this folder: if the folder or the file was moved or deleted, another node could take the folder that is
    /// there now, and this one works in one that nobody sees.
    /// </summary>
    public bool IsHeld() => _lockedAt is null ? File.Exists(Path.Combine(FullPath, LockName)) : WhereLocked() == _lockedAt;

    /// <summary>Says in <c>node.json</c> where the node listens.</summary>
    public void Announce(string url, string node)
    {
        OwnFile.Replace(NodePath, new NodeFile(url, Environment.ProcessId, node).ToBytes());
        _announced = true;
    }

    public void Dispose()
    {
        if (_announced)
        {
            File.Delete(NodePath);
        }

        _lock.Dispose();
    }

    /// <summary>The path that the kernel has for the locked file now; null where it does not say.</summary>
    private string? WhereLocked() => OperatingSystem.IsLinux()
        ? new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_lock.SafeFileHandle.DangerousGetHandle()}")).LinkTarget
        : null;

    private static void Make(string path)
    {
        if (File.Exists(path))
        {
            throw new NodeStartException($"The data folder {path} is a file. Name a folder with --data DIR.");
        }

        try
        {
            OwnFile.MakeFolder(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException(
                $"The data folder {path} cannot be made ({Reason(e)}). Make it yourself, or name another with --data DIR.", e);
        }
    }

    /// <returns>That others could read it, in a sentence; null if they could not.</returns>
    // In one piece: most of it is what a user is told of each thing that can be in the way.
    private static string? Close(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        if (FileFacts.Of(path, followLink: true)?.Owner is { } owner && FileFacts.Me is { } me && owner != me)
        {
            throw new NodeStartException(string.Create(
                CultureInfo.InvariantCulture,
                $"The data folder {path} belongs to another user (number {owner}), who could read and change what the node keeps there. "
                + $"Name a folder in it, which the node makes for itself, with --data DIR; "
                + $"or give it to this user: `chown -R {me} {PostgresStoreOptions.ForShell(path)}`."));
        }

        try
        {
            // The folder may have been named by a link: what is closed is where that leads.
            var open = CloseFolder((new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true) as DirectoryInfo) ?? new DirectoryInfo(path));
            foreach (var entry in Made.SelectMany(name => new DirectoryInfo(path).EnumerateFileSystemInfos(name)))
            {
                if (entry is DirectoryInfo folder)
                {
                    CloseFolder(folder);
                    if (folder is { Name: RunFiles.FolderName, LinkTarget: null })
                    {
                        Array.ForEach(folder.GetDirectories(), each => CloseFolder(each));
                    }
                }
                else
                {
                    OwnFile.Close(entry);
                }
            }

            return open;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new NodeStartException(string.Create(
                CultureInfo.InvariantCulture,
                $"What is in the data folder {path} may be read by others and is not this user's to close ({Reason(e)}). "
                + $"Give it to this user: `chown -R {FileFacts.Me} {PostgresStoreOptions.ForShell(path)}`."), e);
        }
        catch (IOException e)
        {
            throw NotWritable(path, e);
        }
    }

    /// <summary>Takes from others what they may do with a folder.</summary>
    /// <returns>That they could do more than pass, which an older version on a node that is root let them do.</returns>
    private static string? CloseFolder(DirectoryInfo folder)
    {
        if (OperatingSystem.IsWindows() || folder.LinkTarget is not null)
        {
            return null;
        }

        var (mode, allowed) = (folder.UnixFileMode, OwnerOnly | Special);
        if ((mode & ~allowed) == 0)
        {
            return null;
        }

        folder.UnixFileMode = mode & allowed;
        folder.Refresh();
        return (folder.UnixFileMode & ~allowed) == 0
            ? (mode & ~(allowed | Passing)) == 0 ? null
                : $"The data folder {folder.FullName} could be read by other users of this machine (mode {Octal(mode)}) "
                    + $"and is closed to them now ({Octal(folder.UnixFileMode)}); change what secrets it holds if somebody may have read them"
            : throw new NodeStartException(
                $"The data folder {folder.FullName} may be read by other users (mode {Octal(mode)}), and its file system keeps no permissions. "
                + "Name a folder on another one with --data DIR.");
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8);

    private static FileStream TakeLock(string path)
    {
        var file = Path.Combine(path, LockName);
        try
        {
            // FileShare.None is flock(LOCK_EX) here: it fails at once if another process has it.
            return OwnFile.Open(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (UnauthorizedAccessException e)
        {
            throw NotWritable(path, e);
        }
        catch (IOException e)
        {
            throw IsHeld(file)
                ? new NodeStartException(
                    $"The data folder {path} is in use by {Holder(path)}. Stop that node, or name another folder with --data DIR.", e)
                : NotWritable(path, e);
        }
    }

    private static NodeStartException NotWritable(string path, Exception e) => e is UnauthorizedAccessException
        ? new NodeStartException($"The data folder {path} cannot be written by this user. Give it to this user, or name another with --data DIR.", e)
        : new NodeStartException(
            $"The data folder {path} cannot be written ({Reason(e)}). Make room or let this user write to it, or name another with --data DIR.", e);

    private static bool IsHeld(string file)
    {
        try
        {
            // Asking for a shared lock tells a held one from a read-only file system or a full disk.
            using var probe = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>«another node (pid 12, http://…)», or as much of it as it has said yet.</summary>
    private static string Holder(string path) => NodeFile.TryRead(path) is { } node
        ? string.Create(CultureInfo.InvariantCulture, $"another node (pid {node.Pid}, {node.Url})")
        : "another node that is starting or stopping";

    private static string Reason(Exception e) => e.Message.TrimEnd('.');
}
