using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Runner.Actors.FlowRunners.Secrets;
using Runner.Files;

namespace Runner.Actors.FlowRunners;

/// <summary>
/// Finds the secret values of an attempt in its output, without having them: beside the output lie only fingerprints, so that output is masked also
/// by a later life of the node. A fingerprint is a value's length, a hash that can be rolled along a text (a polynomial over 2^61-1 in a secret
/// unknown), and an HMAC-SHA256 for certainty; the unknown and the HMAC's key come of the data folder's <see cref="MaskKey"/> and a salt of the
/// attempt.
/// <para>
/// What is looked for is every value, and every line of a value of several. Where such texts overlap they are one. A byte is shown as
/// <see cref="Shown"/> where the first of them begins, and not at all within: so, however a text is cut into pieces, the pieces together are the
/// masked text. Immutable.
/// </para>
/// </summary>
public sealed class SecretMask
{
    /// <summary>A value of fewer bytes is not masked: it would be found everywhere.</summary>
    public const int ShortestValue = 4;

    /// <summary>A line of fewer bytes, of a value of several lines, is masked as a part of the whole value only.</summary>
    public const int ShortestLine = 8;

    /// <summary>So many texts of an attempt are looked for at most.</summary>
    internal const int MostTexts = 10_000;

    private const ulong Prime = (1UL << 61) - 1;
    private const int SaltLength = 16;
    private const int EntryLength = sizeof(int) + sizeof(ulong) + HMACSHA256.HashSizeInBytes;
    private static readonly byte[] Magic = "RMASK01\n"u8.ToArray();

    private readonly ulong _unknown;
    private readonly byte[] _hmacKey;
    private readonly ImmutableArray<OfLength> _lengths;

    private SecretMask(ulong unknown, byte[] hmacKey, IEnumerable<Fingerprint> fingerprints)
    {
        (_unknown, _hmacKey) = (unknown, hmacKey);
        _lengths = [.. fingerprints.GroupBy(f => f.Length).OrderBy(g => g.Key)
            .Select(g => new OfLength(
                g.Key, Power(unknown, g.Key), g.GroupBy(f => f.Rolling).ToDictionary(same => same.Key, same => same.Select(f => f.Hmac).ToArray())))];
        Context = _lengths.IsEmpty ? 0 : _lengths[^1].Length - 1;
    }

    /// <summary>What stands in the place of a value.</summary>
    public static ReadOnlySpan<byte> Shown => "***"u8;

    /// <summary>So many bytes before and after a piece of text say what of it is masked.</summary>
    public int Context { get; }

    /// <summary>Whether one of the values has a line feed in it: else a line can be looked at alone.</summary>
    public bool HasSeveralLines { get; private init; }

    /// <summary>The mask of an attempt; null if it has none.</summary>
    /// <exception cref="ReplacedFileException">It is damaged, or the key is, or it is missing: what it hides cannot be shown.</exception>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public static SecretMask? Of(RunFiles files, AttemptKey key)
    {
        var path = files.Mask(key);
        using var file = ProgramFile.Open(path);
        if (file is null)
        {
            return null;
        }

        var bytes = new byte[RandomAccess.GetLength(file)];
        var read = RandomAccess.Read(file, bytes, 0);
        var maskKey = MaskKey.Read(files.DataDirectory) ?? throw new ReplacedFileException(
            path, null, $"says which secret values are hidden in this output, and the key for that, {MaskKey.PathIn(files.DataDirectory)}, "
                + "is missing or damaged: the output is not shown. Put the key back from a backup, or read the output's file itself.");
        return Parse(bytes.AsSpan(0, read), maskKey) ?? throw new ReplacedFileException(
            path, null, "says which secret values are hidden in this output, and it is damaged: the output is not shown. "
                + "Put it back from a backup, or read the output's file itself.");
    }

    /// <summary>Writes down what is to be hidden in an attempt's output. Nothing is written if that is nothing.</summary>
    /// <param name="values">The values as the program gets them.</param>
    /// <exception cref="SecretFailure">They are too many lines.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal static void Write(RunFiles files, AttemptKey key, IEnumerable<ReadOnlyMemory<byte>> values)
    {
        var texts = Texts(values);
        if (texts.Count == 0)
        {
            return;
        }

        var bytes = Fingerprints(texts, MaskKey.Make(files.DataDirectory), RandomNumberGenerator.GetBytes(SaltLength));
        ProgramFile.Delete(files.Mask(key));
        using var file = OwnFile.CreateAnew(files.Mask(key));
        file.Write(bytes);
        // After a crash of the machine there may be output: then this is to be there, too.
        file.Flush(flushToDisk: true);
    }

    /// <summary>The masked form of a piece of text.</summary>
    /// <param name="text">The piece, with up to <see cref="Context"/> bytes before and after it.</param>
    /// <param name="start">Where the piece begins in it.</param>
    /// <param name="end">Where it ends.</param>
    public void Write(ReadOnlySpan<byte> text, int start, int end, IBufferWriter<byte> to)
    {
        var shown = start;
        foreach (var (from, until) in Hidden(text))
        {
            if (until <= shown)
            {
                continue;
            }

            if (from >= end)
            {
                break;
            }

            if (from >= start)
            {
                to.Write(text[shown..from]);
                to.Write(Shown);
            }

            shown = Math.Min(until, end);
        }

        to.Write(text[shown..end]);
    }

    /// <summary>A whole text as it is shown.</summary>
    internal string Of(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var masked = new ArrayBufferWriter<byte>(bytes.Length + Shown.Length);
        Write(bytes, 0, bytes.Length, masked);
        return Encoding.UTF8.GetString(masked.WrittenSpan);
    }

    /// <summary>Whether there is anything to hide in a text.</summary>
    internal bool IsIn(ReadOnlySpan<byte> text) => Hidden(text).Count > 0;

    /// <summary>What is to be looked for: the values, and the lines of those of several; each once.</summary>
    /// <exception cref="SecretFailure">They are too many.</exception>
    internal static IReadOnlyCollection<byte[]> Texts(IEnumerable<ReadOnlyMemory<byte>> values)
    {
        var texts = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var value in values)
        {
            Add(texts, value.Span, ShortestValue);
            // What programs strip off before they use it.
            Add(texts, value.Span.Trim(" \t\r\n"u8), ShortestValue);
            if (!value.Span.Contains((byte)'\n'))
            {
                continue;
            }

            foreach (var line in value.Span.Split((byte)'\n'))
            {
                Add(texts, value.Span[line].TrimEnd((byte)'\r'), ShortestLine);
            }
        }

        return texts.Values;
    }

    internal static byte[] Fingerprints(IReadOnlyCollection<byte[]> texts, ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt)
    {
        var (unknown, hmacKey) = Derive(key, salt);
        var bytes = new byte[Magic.Length + SaltLength + 1 + texts.Count * EntryLength];
        Magic.CopyTo(bytes, 0);
        salt.CopyTo(bytes.AsSpan(Magic.Length));
        bytes[Magic.Length + SaltLength] = texts.Any(t => t.Contains((byte)'\n')) ? (byte)1 : (byte)0;
        var entry = bytes.AsSpan(Magic.Length + SaltLength + 1);
        // Sorted, so that their order says nothing of what belongs together.
        foreach (var text in texts.Select(t => (t.Length, Rolling: RollingHash(t, unknown), Hmac: HMACSHA256.HashData(hmacKey, t)))
            .OrderBy(t => t.Length).ThenBy(t => t.Rolling))
        {
            BinaryPrimitives.WriteInt32LittleEndian(entry, text.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[sizeof(int)..], text.Rolling);
            text.Hmac.CopyTo(entry[(sizeof(int) + sizeof(ulong))..]);
            entry = entry[EntryLength..];
        }

        return bytes;
    }

    /// <summary>Null if they are none.</summary>
    internal static SecretMask? Parse(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> key)
    {
        if (!bytes.StartsWith(Magic) || bytes.Length < Magic.Length + SaltLength + 1
            || (bytes.Length - Magic.Length - SaltLength - 1) % EntryLength != 0)
        {
            return null;
        }

        var (unknown, hmacKey) = Derive(key, bytes.Slice(Magic.Length, SaltLength));
        var fingerprints = new List<Fingerprint>();
        for (var entry = bytes[(Magic.Length + SaltLength + 1)..]; !entry.IsEmpty; entry = entry[EntryLength..])
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(entry);
            if (length is < ShortestValue or > SecretValues.LargestValue)
            {
                return null;
            }

            fingerprints.Add(new Fingerprint(
                length, BinaryPrimitives.ReadUInt64LittleEndian(entry[sizeof(int)..]),
                entry.Slice(sizeof(int) + sizeof(ulong), HMACSHA256.HashSizeInBytes).ToArray()));
        }

        return fingerprints.Count == 0 ? null
            : new SecretMask(unknown, hmacKey, fingerprints) { HasSeveralLines = bytes[Magic.Length + SaltLength] != 0 };
    }

    private static void Add(Dictionary<string, byte[]> texts, ReadOnlySpan<byte> text, int shortest)
    {
        if (text.Length < shortest)
        {
            return;
        }

        texts[Convert.ToBase64String(text)] = text.ToArray();
        if (texts.Count > MostTexts)
        {
            throw new SecretFailure($"the values of this run have more than {MostTexts} lines together, too many to mask; hand them over in a file.");
        }
    }

    private static (ulong Unknown, byte[] HmacKey) Derive(ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt)
    {
        Span<byte> of = stackalloc byte[SaltLength + 1];
        salt.CopyTo(of);
        of[SaltLength] = 1;
        var unknown = BinaryPrimitives.ReadUInt64LittleEndian(HMACSHA256.HashData(key, of)) % (Prime - 256) + 256;
        of[SaltLength] = 2;
        return (unknown, HMACSHA256.HashData(key, of));
    }

    /// <summary>Where something is hidden, in order; what overlaps is one.</summary>
    private List<(int From, int Until)> Hidden(ReadOnlySpan<byte> text)
    {
        var found = new List<(int From, int Until)>();
        var prefixes = ArrayPool<ulong>.Shared.Rent(text.Length + 1);
        try
        {
            var hash = prefixes[0] = 0;
            for (var i = 0; i < text.Length; i++)
            {
                prefixes[i + 1] = hash = Sum(Product(hash, _unknown), text[i] + 1UL);
            }

            foreach (var length in _lengths)
            {
                Find(text, prefixes.AsSpan(0, text.Length + 1), length, found);
            }
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(prefixes);
        }

        return Joined(found);
    }

    private void Find(ReadOnlySpan<byte> text, ReadOnlySpan<ulong> prefixes, OfLength of, List<(int From, int Until)> found)
    {
        if (text.Length < of.Length)
        {
            return;
        }

        // This is done for every byte of an output: nothing is called, and what is looked up is little.
        var (power, filter) = (of.Power, of.Filter);
        var starts = prefixes[..(text.Length - of.Length + 1)];
        var ends = prefixes.Slice(of.Length, starts.Length);
        Dictionary<ulong, int>? proven = null;
        for (var from = 0; from < starts.Length; from++)
        {
            var hash = Sum(ends[from], Prime - Product(starts[from], power));
            if (OfLength.MayHave(filter, hash) && of.Hmacs.TryGetValue(hash, out var hmacs) && IsIt(text, from, hash, of.Length, hmacs, ref proven))
            {
                found.Add((from, from + of.Length));
            }
        }
    }

    /// <param name="proven">Where a text was found, by its hash: it proves the others that are the same bytes.</param>
    private bool IsIt(ReadOnlySpan<byte> text, int from, ulong hash, int length, byte[][] hmacs, ref Dictionary<ulong, int>? proven)
    {
        var here = text.Slice(from, length);
        if (proven is not null && proven.TryGetValue(hash, out var known) && here.SequenceEqual(text.Slice(known, length)))
        {
            return true;
        }

        if (!IsOneOf(hmacs, HMACSHA256.HashData(_hmacKey, here)))
        {
            return false;
        }

        (proven ??= [])[hash] = from;
        return true;
    }

    private static bool IsOneOf(byte[][] hmacs, byte[] hmac)
    {
        foreach (var one in hmacs)
        {
            if (CryptographicOperations.FixedTimeEquals(one, hmac))
            {
                return true;
            }
        }

        return false;
    }

    private static List<(int From, int Until)> Joined(List<(int From, int Until)> found)
    {
        found.Sort();
        var joined = new List<(int From, int Until)>(found.Count);
        foreach (var (from, until) in found)
        {
            if (joined.Count > 0 && from < joined[^1].Until)
            {
                joined[^1] = (joined[^1].From, Math.Max(joined[^1].Until, until));
            }
            else
            {
                joined.Add((from, until));
            }
        }

        return joined;
    }

    private static ulong RollingHash(ReadOnlySpan<byte> text, ulong unknown)
    {
        var hash = 0UL;
        foreach (var b in text)
        {
            hash = Sum(Product(hash, unknown), b + 1UL);
        }

        return hash;
    }

    private static ulong Power(ulong unknown, int exponent)
    {
        var power = 1UL;
        for (var i = 0; i < exponent; i++)
        {
            power = Product(power, unknown);
        }

        return power;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Sum(ulong a, ulong b)
    {
        var sum = a + b;
        sum = (sum & Prime) + (sum >> 61);
        return sum >= Prime ? sum - Prime : sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Product(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return Sum(low & Prime, (low >> 61) | (high << 3));
    }

    private readonly record struct Fingerprint(int Length, ulong Rolling, byte[] Hmac);

    /// <param name="power">The unknown to the power of the length.</param>
    private sealed class OfLength(int length, ulong power, Dictionary<ulong, byte[][]> hmacs)
    {
        private const int FilterWords = 64;

        public int Length => length;

        public ulong Power => power;

        public Dictionary<ulong, byte[][]> Hmacs => hmacs;

        /// <summary>A bit for each hash, so that nearly all that are none are seen at once.</summary>
        public ulong[] Filter { get; } = FilterOf(hmacs.Keys);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool MayHave(ulong[] filter, ulong hash) => (filter[(hash >> 6) % FilterWords] >> (int)(hash & 63) & 1) != 0;

        private static ulong[] FilterOf(IEnumerable<ulong> hashes)
        {
            var filter = new ulong[FilterWords];
            foreach (var hash in hashes)
            {
                filter[(hash >> 6) % FilterWords] |= 1UL << (int)(hash & 63);
            }

            return filter;
        }
    }
}
