namespace Runner.Hocon.Loading;

/// <summary>Finds files for <c>include</c>. Called by the parser, which turns I/O errors into <see cref="HoconException"/>s at the include.</summary>
public interface IIncludeResolver
{
    /// <summary>The path that identifies a file named in an include; pure.</summary>
    /// <param name="name">As it is written.</param>
    /// <param name="includingFile">The path of the file that includes it.</param>
    /// <exception cref="ArgumentException">It is no path.</exception>
    string Locate(string name, string includingFile);

    /// <summary>A located file's bytes; null if there is no such file.</summary>
    /// <exception cref="IOException">It is there and cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    byte[]? Read(string location);
}

/// <summary>There are no files.</summary>
public sealed class NoIncludes : IIncludeResolver
{
    private NoIncludes()
    {
    }

    public static NoIncludes Instance { get; } = new();

    /// <inheritdoc/>
    public string Locate(string name, string includingFile) => name;

    /// <inheritdoc/>
    public byte[]? Read(string location) => null;
}

/// <summary>Files of this machine: a relative path is relative to the folder of the including file, never to the working directory.</summary>
public sealed class FileIncludes : IIncludeResolver
{
    /// <summary>Settings are small; a larger file (or a device without an end) is a mistake.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private FileIncludes()
    {
    }

    public static FileIncludes Instance { get; } = new();

    /// <inheritdoc/>
    public string Locate(string name, string includingFile)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(includingFile)) ?? Path.DirectorySeparatorChar.ToString();
        return Path.GetFullPath(name, folder);
    }

    /// <inheritdoc/>
    public byte[]? Read(string location)
    {
        if (!File.Exists(location))
        {
            return null;
        }

        using var file = File.OpenRead(location);
        using var copy = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int count; (count = file.Read(buffer)) > 0;)
        {
            copy.Write(buffer, 0, count);
            if (copy.Length > MaxBytes)
            {
                throw new IOException($"'{location}' is larger than {MaxBytes / 1024 / 1024} MiB");
            }
        }

        return copy.ToArray();
    }
}
