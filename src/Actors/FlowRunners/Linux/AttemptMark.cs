using static Runner.Actors.FlowRunners.Linux.NativeMethods;

namespace Runner.Actors.FlowRunners.Linux;

/// <summary>
/// What a process says by its environment of the attempt that it belongs to. The id of a run does not tell whose it is: nodes of other data folders
/// on the same machine give the occurrences of a deployment of that name, and submissions with that key, the same ids.
/// </summary>
/// <param name="ResultFile">RUNNER_RESULT_FILE, which lies in the data folder of the node that started it, or where that node keeps the files of
/// other users; null if the program has taken it away.</param>
internal readonly record struct AttemptMark(AttemptKey Key, string? ResultFile)
{
    /// <summary>Whether it is that attempt of the node that has these files.</summary>
    public bool IsOf(AttemptKey key, RunFiles files)
    {
        if (Key != key)
        {
            return false;
        }

        var own = files.Result(key);
        return ResultFile is null || ResultFile == own || files.OfUsers?.Is(key, ResultFile) == true || IsOneFolder(ResultFile, own);
    }

    /// <summary>
    /// A data folder may be named in several ways, by links and mounts, and may have been moved since: then there is none where it was, and it is
    /// taken for this one, as it is worse to start a program beside one that runs than to wait for another's.
    /// </summary>
    private static unsafe bool IsOneFolder(string file, string own)
    {
        StatXBuffer one, other;
        return StatX(AT_FDCWD, FolderOf(file), 0, STATX_INO, &one) != 0
            || (StatX(AT_FDCWD, FolderOf(own), 0, STATX_INO, &other) == 0
                && (one.Inode, one.DeviceMajor, one.DeviceMinor) == (other.Inode, other.DeviceMajor, other.DeviceMinor));
    }

    private static string FolderOf(string file) => Path.GetDirectoryName(file) is { Length: > 0 } folder ? folder : "/";
}
