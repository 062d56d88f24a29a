namespace Runner.Host.Tests.Cluster;

/// <summary>What this process has open, as Linux says it.</summary>
internal static class Sockets
{
    private const string Listen = "0A";

    /// <summary>The inodes of the TCP sockets of this process that listen.</summary>
    public static HashSet<string> Listening()
    {
        var own = Directory.EnumerateFiles("/proc/self/fd").Select(f => new FileInfo(f).LinkTarget).OfType<string>()
            .Where(t => t.StartsWith("socket:[", StringComparison.Ordinal)) .Select(t => t["socket:[".Length..^1]).ToHashSet();
        return ((string[])["/proc/self/net/tcp", "/proc/self/net/tcp6"]).Where(File.Exists).SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(parts => parts.Length > 9 && parts[3] == Listen && own.Contains(parts[9])).Select(parts => parts[9]).ToHashSet();
    }
}
