using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Runner.Host.Http.Access;

namespace Runner.Host.Configuration;

/// <summary>
/// What all nodes of a cluster know and nobody else does: a file of one secret a line. What nodes make is made with the first; what the others made
/// is accepted as well, so that one can be replaced while nodes and programs go on.
/// </summary>
internal static class ClusterSecret
{
    /// <summary>As strong as a key: 256 bits, if they are random.</summary>
    public const int Least = 32;

    /// <summary>More than one that comes and one that goes is nobody's rotation.</summary>
    private const int MostSecrets = 4;

    private const int LargestFile = 16 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>What keeps it from being used, as a sentence that says nothing of what is in it; null if nothing does.</summary>
    public static string? Wrong(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                return $"there is no file {path}. Make one, and copy it to every node: `(umask 077; openssl rand -base64 32 > {path})`.";
            }

            if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) is var mode && (mode & ~OwnerOnly) != 0)
            {
                return $"{path} may be read by others (mode {Convert.ToString((int)mode, 8)}): `chmod 600 {path}`, "
                    + "and replace the secret if they may have read it.";
            }

            return new FileInfo(path).Length <= LargestFile && Lines(path) is { Length: > 0 and <= MostSecrets } secrets
                && secrets.All(secret => Encoding.UTF8.GetByteCount(secret) >= Least && !secret.Any(char.IsControl)) ? null
                : $"{path} has to hold the cluster's secret on its first line, and those of before, up to {MostSecrets - 1}, each on one more: "
                    + $"at least {Least} bytes each, and nothing else.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path} cannot be read ({e.Message.TrimEnd('.')}).";
        }
    }

    /// <summary>What tokens are made of and known by, of the first secret first.</summary>
    /// <exception cref="NodeStartException">The file is gone, open to others, or holds none.</exception>
    public static ImmutableArray<TokenKeys> Keys(string path) =>
        Wrong(path) is { } wrong ? throw new NodeStartException(wrong) : [.. Lines(path).Select(KeysOf)];

    private static string[] Lines(string path) =>
        [.. File.ReadAllText(path).Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0)];

    /// <summary>Each under a name of its own: who learns one of them learns nothing of the secret or of the other.</summary>
    private static TokenKeys KeysOf(string secret) =>
        new(Base64Url.EncodeToString(Derive(secret, "runner cluster api token")), Derive(secret, "runner cluster program tokens"));

    private static byte[] Derive(string secret, string name) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, info: Encoding.ASCII.GetBytes(name));
}
