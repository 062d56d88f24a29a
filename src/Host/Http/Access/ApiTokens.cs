using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Runner.Host.Http.Access;

/// <summary>Who calls.</summary>
/// <param name="Run">The run whose program calls; null for whoever holds the node's own token.</param>
internal sealed record Caller(Guid? Run);

/// <summary>
/// Knows the node's token, and makes and checks the tokens of programs. A program's token is
/// <c>run.RUN-ID.MAC</c> with MAC = HMAC-SHA256 over <c>run</c> and the id, under a key derived from the node's token: nothing is stored,
/// and it is good for as long as the node's token is.
/// </summary>
internal sealed class ApiTokens(string nodeToken)
{
    private const string Prefix = "run.";

    private readonly byte[] _nodeHash = SHA256.HashData(Encoding.UTF8.GetBytes(nodeToken));
    private readonly byte[] _programKey = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(nodeToken), 32, info: Encoding.ASCII.GetBytes("runner program tokens"));

    /// <summary>The token that the program of a run gets.</summary>
    public string ForRun(Guid run) => $"{Prefix}{run:D}.{Base64Url.EncodeToString(Mac(run))}";

    /// <summary>Whose token it is; null if nobody's. Takes the same time however much of it is right.</summary>
    public Caller? Recognize(string token)
    {
        if (!token.StartsWith(Prefix, StringComparison.Ordinal))
        {
            // Hashed first, so that not even the length shows.
            return CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token)), _nodeHash) ? new Caller(null) : null;
        }

        var parts = token.Split('.');
        return parts.Length == 3 && Guid.TryParseExact(parts[1], "D", out var run) && SameMac(parts[2], Mac(run)) ? new Caller(run) : null;
    }

    private static bool SameMac(string text, byte[] mac)
    {
        Span<byte> sent = stackalloc byte[32];
        return Base64Url.TryDecodeFromChars(text, sent, out var length) && length == mac.Length && CryptographicOperations.FixedTimeEquals(sent, mac);
    }

    private byte[] Mac(Guid run) => HMACSHA256.HashData(_programKey, Encoding.ASCII.GetBytes($"run{run:D}"));
}
