namespace Runner.Files;

#pragma warning disable RS0030 // This is where files are made.

/// <summary>
/// Makes files and folders that are their owner's alone (0600, 0700), whatever the process's umask and the folder they are made in. Compiled
/// into each project that makes files: everything the program makes is made here.
/// </summary>
internal static class OwnFile
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode PrivateFolder = Private | UnixFileMode.UserExecute;

    /// <summary>Opens a file to write to, making it if <paramref name="mode"/> says so; one that is there already is closed to others, too.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written, or others may read it and that is not this user's to change.</exception>
    public static FileStream Open(
        string path, FileMode mode, FileAccess access = FileAccess.Write, FileShare share = FileShare.None, int bufferSize = 4096,
        FileOptions options = FileOptions.None)
    {
        var how = new FileStreamOptions { Mode = mode, Access = access, Share = share, BufferSize = bufferSize, Options = options };
        if (OperatingSystem.IsWindows())
        {
            return new FileStream(path, how);
        }

        // Said when it is made, so that it is never open to others; and once more, because the umask can only take away and an older file has its
        // own.
        how.UnixCreateMode = Private;
        var file = new FileStream(path, how);
        try
        {
            if (File.GetUnixFileMode(file.SafeFileHandle) != Private)
            {
                File.SetUnixFileMode(file.SafeFileHandle, Private);
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes a file that is not there yet, in the place of whatever an earlier program left under its name; a link is not followed.
    /// </summary>
    public static FileStream CreateAnew(string path, FileAccess access = FileAccess.Write, FileOptions options = FileOptions.None)
    {
        File.Delete(path);
        return Open(path, FileMode.CreateNew, access, options: options);
    }

    /// <summary>Puts a file with these bytes in the place of whatever is there; whoever reads sees the old one or the new one.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content, bool overwrite = true)
    {
        var temporary = path + ".new";
        using (var file = CreateAnew(temporary))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite);
    }

    /// <summary>Makes a folder and those above it that are missing. One that is there stays as it is.</summary>
    public static void MakeFolder(string path, UnixFileMode mode = PrivateFolder)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } above)
        {
            MakeFolder(above, mode);
        }

        Directory.CreateDirectory(path, mode);
        if (File.GetUnixFileMode(path) != mode)
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    /// <summary>Closes to others what an earlier program made: a file or a folder, but not what a link points to.</summary>
    /// <exception cref="UnauthorizedAccessException">It is not this user's.</exception>
    public static void Close(FileSystemInfo entry)
    {
        if (OperatingSystem.IsWindows() || !entry.Exists || entry.LinkTarget is not null)
        {
            return;
        }

        var open = entry.UnixFileMode & ~PrivateFolder;
        if (open != 0)
        {
            entry.UnixFileMode &= PrivateFolder;
        }
    }
}
