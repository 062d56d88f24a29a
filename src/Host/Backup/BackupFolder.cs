using Runner.Files;

namespace Runner.Host.Backup;

/// <summary>Where a backup is prepared: a folder in the data folder, gone when it is done, or when the node starts the next time.</summary>
internal sealed class BackupFolder(string dataDirectory, ILogger log) : IDisposable
{
    private const string Name = "backup";

    public string FullPath { get; } = Path.Combine(dataDirectory, Name);

    /// <summary>Deletes what a killed node has left.</summary>
    public static void Clean(string dataDirectory)
    {
        if (Directory.Exists(Path.Combine(dataDirectory, Name)))
        {
            Directory.Delete(Path.Combine(dataDirectory, Name), recursive: true);
        }
    }

    /// <exception cref="IOException">It cannot be made.</exception>
    public void Make()
    {
        Clean(dataDirectory);
        OwnFile.MakeFolder(FullPath);
    }

    public string PathOf(string file) => Path.Combine(FullPath, file);

    public void Dispose()
    {
        try
        {
            Clean(dataDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Warning(
                "{Folder}, where a backup was prepared, cannot be deleted; the node's next start will try again: {Reason}", FullPath, e.Message);
        }
    }
}
