using System.Buffers;
using System.Text;
using Runner.Actors.FlowRunners;
using Xunit.Abstractions;

namespace Runner.Actors.Tests.FlowRunners;

/// <summary>How secret values are found in output of which only their fingerprints are known.</summary>
public sealed class SecretMaskTests(ITestOutputHelper log)
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, MaskKey.Length).Select(i => (byte)i)];
    private static readonly byte[] Salt = [.. Enumerable.Range(100, 16).Select(i => (byte)i)];

    [Theory]
    [InlineData("a s3cr3t b", "a *** b", "s3cr3t")]
    [InlineData("s3cr3t", "***", "s3cr3t")]
    [InlineData("s3cr3ts3cr3t", "******", "s3cr3t")]
    [InlineData("s3cr3", "s3cr3", "s3cr3t")]
    [InlineData("xaaaaaax", "x***x", "aaaa")]
    [InlineData("one-two-three", "***e", "one-two", "two-thre")]
    [InlineData("one-two-three", "***", "two-", "one-two-three")]
    [InlineData("abc abcd", "abc ***", "abc", "abcd")]
    [InlineData("pässwört!", "***!", "pässwört")]
    [InlineData("> long line1\n> shrt\n> long line 3", "> ***\n> shrt\n> ***", "long line1\nshrt\nlong line 3")]
    [InlineData("<long line1\nshrt\nlong line 3>", "<***>", "long line1\nshrt\nlong line 3")]
    [InlineData("long line1\r\nx", "***\r\nx", "long line1\r\nlong line 2")]
    public void B46_values_and_the_lines_of_long_ones_are_masked(string text, string shown, params string[] values) =>
        Assert.Equal(shown, Shown(Mask(values)!, text));

    [Fact]
    public void B46_a_value_is_masked_wherever_a_text_is_cut()
    {
        var random = new Random(46);
        for (var round = 0; round < 300; round++)
        {
            // Few letters, so that values overlap, repeat and nearly match.
            string[] values = [.. Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Word(random, 4 + random.Next(9), "ab\n"))];
            var text = Encoding.UTF8.GetBytes(
                string.Concat(Enumerable.Range(0, 6).Select(_ => Word(random, random.Next(8), "ab\nc") + values[random.Next(values.Length)])));
            var mask = Mask(values)!;
            var whole = Shown(mask, Encoding.UTF8.GetString(text));

            Assert.Equal(Expected(text, values), whole);
            for (var cut = 0; cut <= text.Length; cut++)
            {
                Assert.Equal(whole, Piece(mask, text, 0, cut) + Piece(mask, text, cut, text.Length));
            }

            var (pieces, at) = (new StringBuilder(), 0);
            while (at < text.Length)
            {
                var end = Math.Min(text.Length, at + 1 + random.Next(5));
                pieces.Append(Piece(mask, text, at, end));
                at = end;
            }

            Assert.Equal(whole, pieces.ToString());
        }
    }

    [Fact]
    public void B46_a_value_is_masked_without_what_programs_strip_from_it_too()
    {
        var mask = Mask(["crlf-secret\r", " padded one\t"])!;
        Assert.Equal("a ***. b *** c", Shown(mask, "a crlf-secret. b padded one c"));
    }

    [Fact]
    public void B46_fingerprints_say_nothing_without_the_key()
    {
        string[] values = ["s3cr3t-value", "another secret"];
        var one = SecretMask.Fingerprints(SecretMask.Texts(Bytes(values)), Key, Salt);
        byte[] other = [.. Key.Reverse()];

        Assert.All(values, v => Assert.DoesNotContain(v, Encoding.Latin1.GetString(one), StringComparison.Ordinal));
        Assert.Equal("s3cr3t-value", Shown(SecretMask.Parse(one, other)!, "s3cr3t-value"));
        Assert.Equal("***", Shown(SecretMask.Parse(one, Key)!, "s3cr3t-value"));
        // Equal values of two attempts do not look alike.
        Assert.NotEqual(one[25..], SecretMask.Fingerprints(SecretMask.Texts(Bytes(values)), Key, [.. Salt.Reverse()])[25..]);
    }

    [Fact]
    public void B46_fingerprints_that_are_damaged_are_none()
    {
        var whole = SecretMask.Fingerprints(SecretMask.Texts(Bytes("s3cr3t-value")), Key, Salt);
        Assert.NotNull(SecretMask.Parse(whole, Key));
        Assert.Null(SecretMask.Parse(whole.AsSpan(0, whole.Length - 1), Key));
        Assert.Null(SecretMask.Parse([], Key));
        Assert.Null(SecretMask.Parse([.. "x"u8, .. whole.AsSpan(1)], Key));
    }

    [Fact]
    public void Values_of_fewer_than_4_bytes_and_lines_of_fewer_than_8_are_not_looked_for()
    {
        Assert.Equal(["long enough", "short\nlong enough\nabc"], SecretMask.Texts(Bytes("abc", "short\nlong enough\nabc"))
            .Select(Encoding.UTF8.GetString).Order(StringComparer.Ordinal));
        Assert.Null(Mask("abc"));
    }

    [Fact]
    public void Output_is_masked_at_megabytes_a_second()
    {
        var mask = Mask("a password of usual length", "0123456789abcdef0123456789abcdef")!;
        var text = Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Repeat("a line of output as programs write them, with a password in it or not\n", 1000)));
        var to = new ArrayBufferWriter<byte>(text.Length + 16);
        mask.Write(text, 0, text.Length, to);
        var begun = ThreadTime.Used;
        const int rounds = 100;
        for (var i = 0; i < rounds; i++)
        {
            to.ResetWrittenCount();
            mask.Write(text, 0, text.Length, to);
        }

        var speed = text.Length * (double)rounds / (ThreadTime.Used - begun).TotalSeconds / 1e6;
        log.WriteLine($"{speed:0} MB/s");
        Assert.True(speed > 1, $"{speed:0} MB/s");
    }

    private static SecretMask? Mask(params string[] values)
    {
        var texts = SecretMask.Texts(Bytes(values));
        return texts.Count == 0 ? null : SecretMask.Parse(SecretMask.Fingerprints(texts, Key, Salt), Key);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Bytes(params string[] values) =>
        values.Select(v => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(v));

    private static string Shown(SecretMask mask, string text) => Piece(mask, Encoding.UTF8.GetBytes(text), 0, Encoding.UTF8.GetByteCount(text));

    /// <summary>A piece, shown by whoever reads no more around it than the mask asks for.</summary>
    private static string Piece(SecretMask mask, byte[] text, int start, int end)
    {
        var (from, until) = (Math.Max(0, start - mask.Context), Math.Min(text.Length, end + mask.Context));
        var to = new ArrayBufferWriter<byte>();
        mask.Write(text.AsSpan(from, until - from), start - from, end - from, to);
        return Encoding.UTF8.GetString(to.WrittenSpan);
    }

    /// <summary>As it says what is masked, byte by byte.</summary>
    private static string Expected(byte[] text, string[] values)
    {
        var texts = values.Concat(values.Select(v => v.Trim(' ', '\t', '\r', '\n')).Where(v => v.Length >= SecretMask.ShortestValue))
            .Concat(values.Where(v => v.Contains('\n', StringComparison.Ordinal)).SelectMany(v => v.Split('\n'))
                .Where(l => l.Length >= SecretMask.ShortestLine))
            .Select(Encoding.UTF8.GetBytes).ToList();
        var found = texts.SelectMany(
            t => Enumerable.Range(0, text.Length).Where(i => text.AsSpan(i).StartsWith(t)).Select(i => (From: i, Until: i + t.Length))).ToList();
        var shown = new List<byte>();
        for (var i = 0; i < text.Length; i++)
        {
            if (!found.Any(f => f.From <= i && i < f.Until))
            {
                shown.Add(text[i]);
            }
            else if (!found.Any(f => f.From < i && i < f.Until))
            {
                shown.AddRange("***"u8);
            }
        }

        return Encoding.UTF8.GetString([.. shown]);
    }

    private static string Word(Random random, int length, string letters) =>
        string.Concat(Enumerable.Range(0, length).Select(_ => letters[random.Next(letters.Length)]));
}
