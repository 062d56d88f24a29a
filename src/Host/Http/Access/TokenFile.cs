using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Runner.Files;
using Runner.Host.Configuration;

namespace Runner.Host.Http.Access;

/// <summary>
/// The node's token: 256 random bits, made at the first start, or what the cluster's secret makes of it; readable by its owner alone.
/// </summary>
internal static class TokenFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int MinLength = 32;

    /// <summary>The token in the file, which is made if it is not there.</summary>
    /// <exception cref="NodeStartException">It cannot be made or read, others may read it, or it holds no token.</exception>
    public static string ReadOrCreate(string path)
    {
        try
        {
            return Read(path) ?? Create(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException($"The token file {path} cannot be read or made ({e.Message.TrimEnd('.')}).", e);
        }
    }

    /// <summary>Has the file hold the token of the cluster, for whoever uses `runner` on this machine, in the place of what it held.</summary>
    /// <exception cref="NodeStartException">It cannot be written, or others may read it.</exception>
    public static void Keep(string path, string token)
    {
        try
        {
            if (!File.Exists(path) || File.ReadAllText(path).Trim() != token)
            {
                OwnFile.Replace(path, Encoding.ASCII.GetBytes(token + "\n"));
            }
            else if (OpenToOthers(path) is { } open)
            {
                throw new NodeStartException(
                    $"{open} If it was only you who could, `chmod 600 {path}`; if it may have been read, replace the cluster's secret.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException($"The token file {path} cannot be read or written ({e.Message.TrimEnd('.')}).", e);
        }
    }

    private static string? OpenToOthers(string path) =>
        !OperatingSystem.IsWindows() && File.GetUnixFileMode(path) is var mode && (mode & ~OwnerOnly) != 0
            ? $"The token file {path} may be read by others (mode {Convert.ToString((int)mode, 8)})." : null;

    private static string? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        if (OpenToOthers(path) is { } open)
        {
            throw new NodeStartException(
                $"{open} If it was only you who could, `chmod 600 {path}`; if it may have been read, delete it and start again for a new one.");
        }

        var token = File.ReadAllText(path).Trim();
        return token.Length >= MinLength && token.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? token
            : throw new NodeStartException($"The token file {path} holds no token. Delete it and start again for a new one.");
    }

    private static string Create(string path)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        OwnFile.Replace(path, Encoding.ASCII.GetBytes(token + "\n"), overwrite: false);
        return token;
    }
}
