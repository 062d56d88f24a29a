namespace Runner.Host.Configuration;

/// <summary>A file that holds one secret and nothing else, and that nobody but its owner may read.</summary>
internal static class SecretFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>What keeps it from being used, as a sentence that says nothing of what is in it; null if nothing does.</summary>
    public static string? Wrong(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                return $"there is no file {path}.";
            }

            if (ReadByOthers(path) is { } open)
            {
                return $"{open}, and change the password if they may have read it.";
            }

            return Read(path) is { Length: > 0 } secret && !secret.Any(char.IsControl) ? null
                : $"{path} has to hold the password, on one line, and nothing else.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path} cannot be read ({e.Message.TrimEnd('.')}).";
        }
    }

    /// <summary>That others may read a private key, as a sentence; null if they may not, or it is not there.</summary>
    public static string? OpenToOthers(string path) =>
        File.Exists(path) && ReadByOthers(path) is { } open ? $"{open}, and make another key if they may have read it." : null;

    private static string? ReadByOthers(string path) =>
        !OperatingSystem.IsWindows() && File.GetUnixFileMode(path) is var mode && (mode & ~OwnerOnly) != 0
            ? $"{path} may be read by others (mode {Convert.ToString((int)mode, 8)}): `chmod 600 {path}`" : null;

    /// <summary>The secret, without the end of its line.</summary>
    public static string Read(string path) => File.ReadAllText(path).TrimEnd('\r', '\n');
}
