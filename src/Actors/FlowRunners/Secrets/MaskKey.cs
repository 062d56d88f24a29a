using System.Security.Cryptography;
using Runner.Files;

namespace Runner.Actors.FlowRunners;

/// <summary>
/// What the fingerprints of secret values in a data folder are made with: 32 random bytes in a file of the folder, made when the first value is read.
/// It is in backups, so that output is masked after a restore: whoever has it and the fingerprints can try whether a value is what they guess, and no
/// more.
/// </summary>
public static class MaskKey
{
    /// <summary>The file's name in the data folder.</summary>
    public const string FileName = "mask-key";

    /// <summary>In bytes.</summary>
    public const int Length = 32;

    private static readonly Lock Making = new();

    /// <summary>Where a folder's key is.</summary>
    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, FileName);

    /// <summary>The folder's key; null if there is none, or none that is whole.</summary>
    /// <exception cref="IOException">It is there and cannot be read.</exception>
    public static byte[]? Read(string dataDirectory)
    {
        using var file = ProgramFile.Open(PathIn(dataDirectory), isFolderNamed: true);
        if (file is null || RandomAccess.GetLength(file) != Length)
        {
            return null;
        }

        var key = new byte[Length];
        return RandomAccess.Read(file, key, 0) == Length ? key : null;
    }

    /// <summary>The folder's key, which is made if there is none.</summary>
    /// <exception cref="IOException">It cannot be made, or what is there is no key.</exception>
    internal static byte[] Make(string dataDirectory)
    {
        lock (Making)
        {
            if (Read(dataDirectory) is { } key)
            {
                return key;
            }

            if (ProgramFile.Exists(PathIn(dataDirectory)))
            {
                // Another key would leave what was fingerprinted with this one unmasked, and nobody would notice.
                throw new IOException($"{PathIn(dataDirectory)} is damaged: it is not a key of {Length} bytes. "
                    + "Put it back from a backup, or delete it; then output that has secrets in it is not shown.");
            }

            OwnFile.Replace(PathIn(dataDirectory), RandomNumberGenerator.GetBytes(Length), overwrite: false);
            return Read(dataDirectory) ?? throw new IOException($"{PathIn(dataDirectory)} cannot be read back.");
        }
    }
}
