using Runner.Actors.FlowRunners.Linux;

namespace Runner.Actors.FlowRunners;

/// <summary>What stands under a name.</summary>
public enum FileKind
{
    /// <summary>A plain file.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>A named pipe, a socket, a device.</summary>
    Special,
}

/// <summary>What the system knows of a file, without opening it.</summary>
/// <param name="Size">In bytes.</param>
/// <param name="Owner">The owner's number; null where the system has none or does not say.</param>
public sealed record FileFacts(FileKind Kind, long Size, uint? Owner)
{
    /// <summary>When it was last written; null where the system does not say.</summary>
    public DateTimeOffset? Changed { get; init; }

    /// <summary>The last second of the year 9000: a file may say anything.</summary>
    private const long LatestSecond = 221_876_841_599;

    /// <summary>The number of the user that this process is; null where the system has none or does not say.</summary>
    public static uint? Me => OperatingSystem.IsLinux() ? NativeMethods.GetEffectiveUser() : null;

    /// <summary>What is there; null if nothing is, or if it may not be known.</summary>
    /// <param name="followLink">Whether a link stands for what it points to.</param>
    public static FileFacts? Of(string path, bool followLink = false) =>
        OperatingSystem.IsLinux() ? OfLinux(path, followLink) : OfOthers(path, followLink);

    private static unsafe FileFacts? OfLinux(string path, bool followLink)
    {
        NativeMethods.StatXBuffer stat;
        var flags = followLink ? 0 : NativeMethods.AT_SYMLINK_NOFOLLOW;
        return NativeMethods.StatX(
            NativeMethods.AT_FDCWD, path, flags, NativeMethods.STATX_MODE_SIZE | NativeMethods.STATX_UID | NativeMethods.STATX_MTIME, &stat) == 0
            ? new FileFacts(KindOf(stat.Mode), (long)stat.Size, stat.Owner)
            {
                Changed = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(stat.ChangedSeconds, 0, LatestSecond))
                    .AddTicks(stat.ChangedNanoseconds / 100),
            }
            : null;
    }

    internal static FileKind KindOf(int mode) => (mode & NativeMethods.S_IFMT) switch
    {
        NativeMethods.S_IFREG => FileKind.Regular,
        NativeMethods.S_IFDIR => FileKind.Folder,
        NativeMethods.S_IFLNK => FileKind.Link,
        _ => FileKind.Special,
    };

    private static FileFacts? OfOthers(string path, bool followLink)
    {
        FileSystemInfo entry = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        if (entry.LinkTarget is not null)
        {
            return followLink && entry.ResolveLinkTarget(returnFinalTarget: true) is { } target ? OfOthers(target.FullName, false)
                : new FileFacts(FileKind.Link, 0, null);
        }

        return !entry.Exists ? null
            : entry is DirectoryInfo ? new FileFacts(FileKind.Folder, 0, null)
            : new FileFacts((entry.Attributes & FileAttributes.Device) != 0 ? FileKind.Special : FileKind.Regular, ((FileInfo)entry).Length, null)
            {
                Changed = entry.LastWriteTimeUtc,
            };
    }
}
