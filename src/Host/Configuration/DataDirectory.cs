using System.Globalization;
using Runner.Client;

namespace Runner.Host.Configuration;

/// <summary>
/// A node's data folder, held by this process alone from <see cref="Open"/> to <see cref="Dispose"/>:
/// <code>
///   lock        locked as long as the node lives; its text is the node's pid
///   node.json   {"url","pid","node"} while the API listens
///   token       the API's token
/// </code>
/// The kernel drops the lock with the process, however it ends, so a lock file left behind means nothing.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream _lock;
    private bool _announced;

    private DataDirectory(string path, FileStream @lock)
    {
        FullPath = path;
        _lock = @lock;
    }

    public string FullPath { get; }

    public string TokenPath => DataFolder.TokenFilePath(FullPath);

    private string NodePath => DataFolder.NodeFilePath(FullPath);

    /// <summary>Makes the folder if it is not there and takes its lock.</summary>
    /// <exception cref="NodeStartException">It is no folder, may not be written, or another node has it.</exception>
    public static DataDirectory Open(string path)
    {
        Make(path);
        return new DataDirectory(path, TakeLock(path));
    }

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
        var file = Path.Combine(path, "lock");
        FileStream? stream = null;
        try
        {
            // FileShare.None is flock(LOCK_EX) here: it fails at once if another process has it.
            stream = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            stream.SetLength(0);
            stream.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            return stream;
        }
        catch (UnauthorizedAccessException e)
        {
            stream?.Dispose();
            throw new NodeStartException($"The data folder {path} cannot be written by this user. Give it to this user, or name another with --data DIR.", e);
        }
        catch (IOException e)
        {
            stream?.Dispose();
            throw IsHeld(file)
                ? new NodeStartException($"The data folder {path} is in use by {Holder(path)}. Stop that node, or name another folder with --data DIR.", e)
                : new NodeStartException($"The data folder {path} cannot be written ({Reason(e)}). Free it up, or name another with --data DIR.", e);
        }
    }

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

    /// <summary>«another node (pid 12, http://…)», as much of it as can be known.</summary>
    private static string Holder(string path)
    {
        try
        {
            var pid = ReadShared(Path.Combine(path, "lock"));
            return NodeFile.TryRead(path) is { } announced && announced.Pid.ToString(CultureInfo.InvariantCulture) == pid
                ? $"another node (pid {pid}, {announced.Url})"
                : $"another node (pid {pid})";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended this instant, or belongs to another user: who it was is then not known.
            return "another node";
        }
    }

    private static string ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Trim();
    }

    private static string Reason(Exception e) => e.Message.TrimEnd('.');
}
