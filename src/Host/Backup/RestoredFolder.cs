using System.Globalization;
using Runner.Actors.FlowRunners;
using Runner.Files;
using Runner.Host.Configuration;
using Runner.Host.Stores;

namespace Runner.Host.Backup;

/// <summary>
/// How a restored backup takes its place in a data folder without ever being there by half. The folder itself is not renamed: it is often a
/// mount, and its lock is held throughout.
/// <code>
///   restoring/              what is being unpacked and checked; thrown away if that was interrupted
///   restored/new, old       complete and checked: whoever opens the folder next moves it into place, if that was interrupted
///   before-restore-TIME/    what was there before
/// </code>
/// </summary>
internal static class RestoredFolder
{
    private const string Restoring = "restoring";
    private const string Restored = "restored";
    private const string Before = "before-restore-";

    /// <summary>What is put into place, and with each the files that are nothing without it.</summary>
    private static readonly (string Name, string[] Belongings)[] Parts =
    [
        (SqliteNodeStore.FileName, [SqliteNodeStore.FileName + "-wal", SqliteNodeStore.FileName + "-shm"]),
        (RunFiles.FolderName, []),
        (MaskKey.FileName, []),
        (Path.GetFileName(ForeignProcesses.PathIn("")), []),
    ];

    /// <summary>An empty folder to unpack into.</summary>
    public static string Begin(string dataDirectory)
    {
        Abandon(dataDirectory);
        var folder = Path.Combine(dataDirectory, Restoring);
        OwnFile.MakeFolder(folder);
        OwnFile.MakeFolder(Path.Combine(folder, "new"));
        OwnFile.MakeFolder(Path.Combine(folder, "old"));
        return Path.Combine(folder, "new");
    }

    /// <summary>Throws away what was unpacked.</summary>
    public static void Abandon(string dataDirectory)
    {
        var folder = Path.Combine(dataDirectory, Restoring);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What was unpacked is good: from here on it will be in place, whatever happens.</summary>
    /// <returns>Where what was there before is now; null if there was nothing.</returns>
    public static string? Commit(string dataDirectory, TimeProvider time)
    {
        Directory.Move(Path.Combine(dataDirectory, Restoring), Path.Combine(dataDirectory, Restored));
        return Settle(dataDirectory, time);
    }

    /// <summary>
    /// Finishes a restore that was interrupted when it was good, and clears one away that was not. Call with the folder's lock held.
    /// </summary>
    /// <returns>Where what was there before a finished one is now; null if there was none, or nothing before it.</returns>
    public static string? Settle(string dataDirectory, TimeProvider time)
    {
        Abandon(dataDirectory);
        var folder = Path.Combine(dataDirectory, Restored);
        if (!Directory.Exists(folder))
        {
            return null;
        }

        foreach (var (name, belongings) in Parts)
        {
            Place(dataDirectory, folder, name, belongings);
        }

        if (!Directory.EnumerateFileSystemEntries(Path.Combine(folder, "old")).Any())
        {
            Directory.Delete(folder, recursive: true);
            return null;
        }

        var kept = Path.Combine(dataDirectory, Before + time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture));
        Directory.Move(Path.Combine(folder, "old"), kept);
        Directory.Delete(folder, recursive: true);
        return kept;
    }

    /// <summary>Whether a folder holds anything that a restore would be laid over.</summary>
    public static bool IsEmpty(string dataDirectory) => !Directory.EnumerateFileSystemEntries(dataDirectory)
        .Select(e => Path.GetFileName(e)!)
        .Any(e => e is not (DataDirectory.LockName or Client.DataFolder.TokenFileName or Client.DataFolder.NodeFileName or Restoring)
            && !e.StartsWith(Before, StringComparison.Ordinal));

    /// <summary>One part; a second time does what the first was kept from.</summary>
    private static void Place(string dataDirectory, string folder, string name, string[] belongings)
    {
        var source = Path.Combine(folder, "new", name);
        if (!Path.Exists(source))
        {
            return;
        }

        foreach (var old in (string[])[.. belongings, name])
        {
            var path = Path.Combine(dataDirectory, old);
            if (Path.Exists(path))
            {
                Directory.Move(path, Path.Combine(folder, "old", old));
            }
        }

        Directory.Move(source, Path.Combine(dataDirectory, name));
    }
}
