namespace Runner.Client.DeploymentFiles;

/// <summary>How large a deployment file may be.</summary>
/// <param name="LargestFile">In bytes.</param>
/// <param name="MostValues">Those that aliases repeat counted.</param>
/// <param name="DeepestNesting">Lists and mappings within each other.</param>
public sealed record FileBounds(int LargestFile, int MostValues, int DeepestNesting)
{
    /// <summary>A file that people write: 1 MiB, 100,000 values, 32 levels.</summary>
    public static FileBounds Written { get; } = new(1 << 20, 100_000, 32);

    /// <summary>A file that a node's deployments were exported to: 1 GiB, 20,000,000 values, as deep as JSON may be.</summary>
    public static FileBounds Exported { get; } = new(1 << 30, 20_000_000, 80);

    /// <summary>The size in words.</summary>
    internal string Size => LargestFile >= 1 << 30 ? $"{LargestFile >> 30} GiB" : $"{LargestFile >> 20} MiB";
}
