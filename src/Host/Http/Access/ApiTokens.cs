using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Runner.Host.Http.Access;

/// <summary>Who calls.</summary>
/// <param name="Run">The run whose program calls; null for whoever holds the node's own token.</param>
internal sealed record Caller(Guid? Run);

/// <summary>What tokens are known by.</summary>
/// <param name="ApiToken">Of whoever may do everything.</param>
/// <param name="ProgramKey">What programs' tokens are made with.</param>
internal sealed record TokenKeys(string ApiToken, byte[] ProgramKey)
{
    /// <summary>Those of a node that has a token of its own.</summary>
    public static TokenKeys Of(string nodeToken) => new(nodeToken, HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(nodeToken), 32, info: Encoding.ASCII.GetBytes("runner program tokens")));
}

/// <summary>
/// Knows the node's token, and makes and checks the tokens of programs. A program's token is
/// <c>run.RUN-ID.MAC</c> with MAC = HMAC-SHA256 over <c>run</c> and the id, under a key derived from the node's token or the cluster's secret:
/// nothing is stored, and it is good for as long as those are.
/// </summary>
/// <param name="keys">What is made is made with the first; what was made with the others is accepted as well.</param>
internal sealed class ApiTokens(ImmutableArray<TokenKeys> keys)
{
    private const string Prefix = "run.";

    private readonly ImmutableArray<byte[]> _hashes = [.. keys.Select(key => SHA256.HashData(Encoding.UTF8.GetBytes(key.ApiToken)))];

    public ApiTokens(string nodeToken)
        : this([TokenKeys.Of(nodeToken)])
    {
    }

    /// <summary>The token that the program of a run gets.</summary>
    public string ForRun(Guid run) => $"{Prefix}{run:D}.{Base64Url.EncodeToString(Mac(keys[0], run))}";

    /// <summary>Whose token it is; null if nobody's. Takes the same time however much of it is right.</summary>
    public Caller? Recognize(string token)
    {
        var known = false;
        if (!token.StartsWith(Prefix, StringComparison.Ordinal))
        {
            // Hashed first, so that not even the length shows.
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
            foreach (var right in _hashes)
            {
                known |= CryptographicOperations.FixedTimeEquals(hash, right);
            }

            return known ? new Caller(null) : null;
        }

        var parts = token.Split('.');
        if (parts.Length != 3 || !Guid.TryParseExact(parts[1], "D", out var run))
        {
            return null;
        }

        foreach (var key in keys)
        {
            known |= SameMac(parts[2], Mac(key, run));
        }

        return known ? new Caller(run) : null;
    }

    private static bool SameMac(string text, byte[] mac)
    {
        Span<byte> sent = stackalloc byte[32];
        return Base64Url.TryDecodeFromChars(text, sent, out var length) && length == mac.Length && CryptographicOperations.FixedTimeEquals(sent, mac);
    }

    private static byte[] Mac(TokenKeys key, Guid run) => HMACSHA256.HashData(key.ProgramKey, Encoding.ASCII.GetBytes($"run{run:D}"));
}
