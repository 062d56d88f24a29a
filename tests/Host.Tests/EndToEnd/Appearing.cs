namespace Runner.Host.Tests.EndToEnd;

/// <summary>Waits for files that programs make.</summary>
internal static class Appearing
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Completes when it is there; its folder has to be.</summary>
    public static async Task FileAsync(string path)
    {
        var there = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!, Path.GetFileName(path));
        watcher.Created += (_, _) => there.TrySetResult();
        watcher.Renamed += (_, _) => there.TrySetResult();
        watcher.EnableRaisingEvents = true;
        if (!File.Exists(path))
        {
            await there.Task.WaitAsync(Patience);
        }
    }
}
