using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Runner.Actors;

/// <summary>
/// Ids that are computed, so that the same thing asked for twice is the same run: UUIDs of version 8 (RFC 9562) made of a SHA-256.
/// </summary>
internal static class RunIds
{
    /// <summary>The run of one occurrence of a schedule. Sorts by due time.</summary>
    public static Guid ForOccurrence(string deployment, string schedule, DateTimeOffset due)
    {
        var id = Derive($"occurrence\n{deployment}\n{schedule}\n{due.UtcTicks}");
        BinaryPrimitives.WriteInt64BigEndian(
            id.AsSpan(), (Math.Max(0, due.ToUnixTimeMilliseconds()) << 16) | 0x8000u | (uint)(id[6] << 8 | id[7]) & 0x0FFF);
        return new Guid(id, bigEndian: true);
    }

    /// <summary>The run of an idempotency key within a scope (a deployment, or a run that is repeated).</summary>
    public static Guid ForKey(string scope, string key) => new(Derive($"key\n{scope}\n{key}"), bigEndian: true);

    private static byte[] Derive(string text)
    {
        var id = SHA256.HashData(Encoding.UTF8.GetBytes(text))[..16];
        id[6] = (byte)((id[6] & 0x0F) | 0x80);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return id;
    }
}
