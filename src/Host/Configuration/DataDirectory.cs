using System.Globalization;
using Runner.Client;

namespace Runner.Host.Configuration;

/// <summary>
/// A node's data folder, held by this process alone from <see cref="Open"/> to <see cref="Dispose"/>:
/// <code>
///   lock        locked as long as the node lives
///   node.json   {"url","pid","node"} while the API listens
///   token       the API's token
/// </code>
/// The kernel drops the lock with the process, however it ends, so a lock file left behind means nothing.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    /// <summary>The file that is locked.</summary>
    public const string LockName = "lock";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

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

    public string TokenPath => DataFolder.TokenFilePath(FullPath);

    private string NodePath => DataFolder.NodeFilePath(FullPath);

    /// <summary>Makes the folder if it is not there and takes its lock.</summary>
    /// <exception cref="NodeStartException">It is no folder, may not be written, or another node has it.</exception>
    public static DataDirectory Open(string path)
    {
        Make(path);
        var data = new DataDirectory(path, TakeLock(path));
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
        // Renamed into place, so that no reader ever sees half of it.
        var temporary = NodePath + ".new";
        File.WriteAllBytes(temporary, new NodeFile(url, Environment.ProcessId, node).ToBytes());
        File.Move(temporary, NodePath, overwrite: true);
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
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, OwnerOnly);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException($"The data folder {path} cannot be made ({Reason(e)}). Make it yourself, or name another with --data DIR.", e);
        }
    }

    private static FileStream TakeLock(string path)
    {
        var file = Path.Combine(path, LockName);
        try
        {
            // FileShare.None is flock(LOCK_EX) here: it fails at once if another process has it.
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (UnauthorizedAccessException e)
        {
            throw NotWritable(path, e);
        }
        catch (IOException e)
        {
            throw IsHeld(file)
                ? new NodeStartException($"The data folder {path} is in use by {Holder(path)}. Stop that node, or name another folder with --data DIR.", e)
                : NotWritable(path, e);
        }
    }

    private static NodeStartException NotWritable(string path, Exception e) => e is UnauthorizedAccessException
        ? new NodeStartException($"The data folder {path} cannot be written by this user. Give it to this user, or name another with --data DIR.", e)
        : new NodeStartException($"The data folder {path} cannot be written ({Reason(e)}). Make room or let this user write to it, or name another with --data DIR.", e);

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
