using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Runner.Files;
using Serilog;
using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// The files that a program under another user reads and writes, outside the data folder, which is closed to it:
/// <code>
///   BASE/                               0711, the node's user's
///     NODE/                             0711: a name that nobody can guess
///       RUN.ATTEMPT.TAG/                0700, the run's user's: a name that nobody can guess
///         result, parameters            0600, the run's user's
/// </code>
/// Nobody can list the first two, and the third is open to one user alone. Its name is made of the attempt and of a key in the data folder, so that
/// no place has to be remembered: a later life of the node finds it, and tells its own attempts by it from those of other nodes. That key is in no
/// backup: a node that was restored is another one. An attempt's folder lies in what a program's user may change, so whatever is done in it follows
/// no link.
/// </summary>
internal sealed unsafe class UserFiles : IDisposable
{
    private const string KeyFile = "user-files-key";
    private const int KeyLength = 32;
    private const int NameLength = 32;
    private const int DeepestFolder = 100;
    private const int Writable = 0x12, Sticky = 0x200, Passable = 0x1, PassThrough = 0x1C9, Permissions = 0x1FF; // 022, 01000, 01, 0711, 0777

    private static readonly Lock Making = new();

    private readonly string _base;
    private readonly string _dataDirectory;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<AttemptKey, bool> _made = new();
    private readonly Lazy<Workers<AttemptKey>> _removing;
    private byte[]? _key;
    private volatile bool _disposed;

    public UserFiles(string baseDirectory, string dataDirectory, ILogger log)
    {
        (_base, _dataDirectory, _log) = (Path.TrimEndingDirectorySeparator(Path.GetFullPath(baseDirectory)), dataDirectory, log);
        // What a program leaves may be many files.
        _removing = new(() => new Workers<AttemptKey>("user files", 1, 1, batch => batch.ForEach(key => Remove(key)), _ => null, log));
        _key = ReadKey();
    }

    /// <summary>Where the program leaves its result.</summary>
    public string Result(AttemptKey key) => Path.Combine(FolderOf(key, Key()), "result");

    /// <summary>Where it finds its parameters.</summary>
    public string Parameters(AttemptKey key) => Path.Combine(FolderOf(key, Key()), "parameters");

    /// <summary>The result of an attempt that has its files here, and the number of the user whose it has to be; null if it has none here.</summary>
    public (string Path, uint Owner)? ResultOf(AttemptKey key)
    {
        if (_key is not { } known || FileFacts.Of(FolderOf(key, known)) is not { Kind: FileKind.Folder, Owner: { } owner })
        {
            return null;
        }

        // To be removed when its outcome is durable, also where an earlier life made it.
        _made[key] = true;
        return (Result(key), owner);
    }

    /// <summary>Whether that is the result file of that attempt of this node, wherever the base was when it began.</summary>
    public bool Is(AttemptKey key, string resultFile) =>
        _key is { } known && resultFile.EndsWith($"/{NodeName(known)}/{NameOf(key, known)}/result", StringComparison.Ordinal);

    /// <summary>Makes the folder of an attempt, which is still the node's own.</summary>
    /// <exception cref="StartFailure">It cannot be made, or would not be safe.</exception>
    public void Make(AttemptKey key)
    {
        try
        {
            var known = Key();
            lock (Making)
            {
                MakePassable(_base);
                MakePassable(Path.Combine(_base, NodeName(known)));
            }

            // What an earlier start left that came to nothing.
            Remove(key);
            _made[key] = true;
            var folder = FolderOf(key, known);
            OwnFile.MakeFolder(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AttemptFiles.Failure(
                $"The folder for files of programs under another user cannot be made in '{_base}' (setting user-files-dir; {e.Message.TrimEnd('.')})",
                e.HResult);
        }
    }

    /// <summary>Gives the folder of an attempt, in which all is ready, to its user.</summary>
    /// <exception cref="StartFailure">It cannot be given.</exception>
    public void Give(AttemptKey key, SystemUser user)
    {
        var path = FolderOf(key, Key());
        var folder = NativeMethods.Open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        try
        {
            if (folder < 0 || FChown(folder, user.Id, user.Group) != 0)
            {
                throw AttemptFiles.Failure($"The folder '{path}' cannot be given to user '{user.Name}'", Marshal.GetLastPInvokeError());
            }
        }
        finally
        {
            _ = folder < 0 ? 0 : Close(folder);
        }
    }

    /// <summary>What became of the attempt is durable: its files are removed, soon.</summary>
    public void Forget(AttemptKey key)
    {
        if (_made.TryRemove(key, out _))
        {
            _removing.Value.Post(key);
        }
    }

    /// <summary>The attempts that have a folder here.</summary>
    public IReadOnlyCollection<AttemptKey> All()
    {
        if (_key is not { } known)
        {
            return [];
        }

        try
        {
            return [.. Directory.EnumerateDirectories(Path.Combine(_base, NodeName(known))).Select(path => AttemptOf(Path.GetFileName(path)))
                .OfType<AttemptKey>()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is none yet, or the machine has been restarted since: then nothing is left.
            return [];
        }
    }

    /// <summary>Removes the folder of an attempt with all that is in it, if it is there.</summary>
    public void Remove(AttemptKey key)
    {
        _made.TryRemove(key, out _);
        if (_key is not { } known)
        {
            return;
        }

        var parent = NativeMethods.Open(Path.Combine(_base, NodeName(known)), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        if (parent < 0)
        {
            return;
        }

        try
        {
            fixed (byte* name = Encoding.UTF8.GetBytes(NameOf(key, known) + '\0'))
            {
                if (!Remove(parent, name, 0))
                {
                    _log.Warning(
                        "What the program of attempt {Attempt} left in its folder {Folder} could not be removed; it is tried again at the next start",
                        key, FolderOf(key, known));
                }
            }
        }
        finally
        {
            _ = Close(parent);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        if (_removing.IsValueCreated)
        {
            _removing.Value.Dispose();
        }
    }

    /// <summary>By descriptors alone: what a program moves or puts links for meanwhile leads nowhere else.</summary>
    // In one piece: each folder is opened, gone through and closed here, by its descriptor.
    private bool Remove(int parent, byte* name, int depth)
    {
        if (UnlinkAt(parent, name, 0) == 0 || Marshal.GetLastPInvokeError() == ENOENT)
        {
            return true;
        }

        if (depth == DeepestFolder || _disposed)
        {
            return false;
        }

        var folder = OpenAt(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        if (folder < 0)
        {
            return false;
        }

        try
        {
            var entries = OpenDirectory(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{folder}"));
            if (entries == null)
            {
                return false;
            }

            for (byte* entry; (entry = ReadDirectory(entries)) != null;)
            {
                // struct dirent of every 64-bit Linux: the name is its last field.
                const int NameOffset = 19;
                var found = entry + NameOffset;
                if (!(found[0] == '.' && (found[1] == 0 || (found[1] == '.' && found[2] == 0))))
                {
                    _ = Remove(folder, found, depth + 1);
                }
            }

            _ = CloseDirectory(entries);
        }
        finally
        {
            _ = Close(folder);
        }

        return UnlinkAt(parent, name, AT_REMOVEDIR) == 0 || Marshal.GetLastPInvokeError() == ENOENT;
    }

    /// <summary>A folder that others pass and may not list or change, nor those above it.</summary>
    /// <exception cref="StartFailure">Others could put something else in its place, or could not pass.</exception>
    // In one piece: a list of what is asked of each folder, with a sentence for each fault.
    private static void MakePassable(string path)
    {
        if (!ProgramFile.Exists(path))
        {
            OwnFile.MakeFolder(path, (UnixFileMode)PassThrough);
        }

        for (var above = path; ; above = Path.GetDirectoryName(above)!)
        {
            var isIt = above == path;
            StatXBuffer stat;
            if (StatX(AT_FDCWD, above, isIt ? AT_SYMLINK_NOFOLLOW : 0, STATX_MODE_SIZE | STATX_UID, &stat) != 0)
            {
                throw Unsafe(above, $"cannot be looked at: {Marshal.GetLastPInvokeErrorMessage()}");
            }

            var octal = Convert.ToString(stat.Mode & 0xFFF, 8);
            if (FileFacts.KindOf(stat.Mode) != FileKind.Folder)
            {
                throw Unsafe(above, "is a link or a file, and not a folder. Name the folder itself");
            }

            if (stat.Owner != GetEffectiveUser() && stat.Owner != 0)
            {
                throw Unsafe(above, string.Create(CultureInfo.InvariantCulture, $"belongs to another user (number {stat.Owner}), "
                    + $"who could put something else in its place. Give it to the node's user, or name another"));
            }

            if ((stat.Mode & Writable) != 0 && (isIt || (stat.Mode & Sticky) == 0))
            {
                throw Unsafe(
                    above,
                    $"may be written by others (mode {octal}), who could put something else in its place. Close it (chmod go-w), or name another");
            }

            if (isIt && (stat.Mode & Permissions) != PassThrough)
            {
                LetPass(path);
            }
            else if (!isIt && (stat.Mode & Passable) == 0)
            {
                throw Unsafe(
                    above,
                    $"lets other users not pass (mode {octal}), so that they do not reach their files in it. Open it (chmod o+x), or name another");
            }

            if (above == "/")
            {
                return;
            }
        }
    }

    private static void LetPass(string path)
    {
        var folder = NativeMethods.Open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        if (folder < 0 || FChmod(folder, PassThrough) != 0)
        {
            throw Unsafe(path, $"cannot be opened for others to pass: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        _ = Close(folder);
    }

    private static StartFailure Unsafe(string path, string what) =>
        new(StartFailureKind.Other, $"The folder '{path}', for files of programs under another user (setting user-files-dir), {what}.");

    private string FolderOf(AttemptKey key, byte[] known) => Path.Combine(_base, NodeName(known), NameOf(key, known));

    private static string NodeName(byte[] known) => Tag(known, "node");

    private static string NameOf(AttemptKey key, byte[] known) =>
        string.Create(CultureInfo.InvariantCulture, $"{key.RunId:D}.{key.Attempt}.{Tag(known, key.ToString())}");

    private static string Tag(byte[] known, string of) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(known, Encoding.ASCII.GetBytes(of)))[..NameLength];

    private static AttemptKey? AttemptOf(string name) => name.Split('.') is [var run, var attempt, _]
        && Guid.TryParseExact(run, "D", out var id) && int.TryParse(attempt, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new AttemptKey(id, number)
            : null;

    private byte[] Key()
    {
        lock (Making)
        {
            if (_key is null && (_key = ReadKey()) is null)
            {
                OwnFile.MakeFolder(_dataDirectory);
                OwnFile.Replace(Path.Combine(_dataDirectory, KeyFile), RandomNumberGenerator.GetBytes(KeyLength));
                _key = ReadKey();
            }

            return _key ?? throw new IOException($"{Path.Combine(_dataDirectory, KeyFile)} cannot be read back.");
        }
    }

    private byte[]? ReadKey()
    {
        using var file = ProgramFile.Open(Path.Combine(_dataDirectory, KeyFile), isFolderNamed: true);
        var key = new byte[KeyLength];
        return file is not null && RandomAccess.Read(file, key, 0) == KeyLength ? key : null;
    }
}
