using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Runner.Actors.FlowRunners;

namespace Runner.Host.Logs;

/// <summary>
/// Shows pieces of one output of an attempt without its secret values. What is around a piece is read from the file, for a value may begin before it
/// or end after it. Not thread-safe.
/// </summary>
internal sealed class MaskedOutput(SecretMask mask)
{
    /// <summary>How long an unfinished last line is held back while its program may be writing it.</summary>
    public const int LongestHeld = 64 * 1024;

    private const int Block = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _masked = new();

    /// <summary>Where the last piece ended, if it was with a line feed: the next one begins a line.</summary>
    private long _lineStart;

    /// <summary>So many bytes have to be known after a piece that ends within a line.</summary>
    public int Context => mask.Context;

    /// <summary>Drops what was needed for the last piece.</summary>
    public void Rest()
    {
        if (_masked.Capacity > Block)
        {
            _masked.ResetWrittenCount();
        }
    }

    /// <summary>A piece as it is shown; valid until the next call.</summary>
    /// <param name="at">Where it stands in the file.</param>
    public ReadOnlySpan<byte> Of(SafeFileHandle file, long at, ReadOnlySpan<byte> piece)
    {
        _masked.ResetWrittenCount();
        var endsLine = piece.EndsWith("\n"u8);
        var before = mask.HasSeveralLines || at != _lineStart ? (int)Math.Min(at, mask.Context) : 0;
        var after = mask.HasSeveralLines || !endsLine ? mask.Context : 0;
        _lineStart = endsLine ? at + piece.Length : -1;
        if (before + after == 0)
        {
            mask.Write(piece, 0, piece.Length, _masked);
            return _masked.WrittenSpan;
        }

        var text = ArrayPool<byte>.Shared.Rent(before + piece.Length + after);
        try
        {
            ReadAll(file, text.AsSpan(0, before), at - before);
            piece.CopyTo(text.AsSpan(before));
            var more = ReadAll(file, text.AsSpan(before + piece.Length, after), at + piece.Length);
            mask.Write(text.AsSpan(0, before + piece.Length + more), before, before + piece.Length, _masked);
        }
        finally
        {
            // Whoever rents it next is not to have what is in it.
            ArrayPool<byte>.Shared.Return(text, clearArray: true);
        }

        return _masked.WrittenSpan;
    }

    /// <summary>
    /// Up to where an output can be shown while its program may be writing: to the end of its last whole line, and of a line that is very long to
    /// where no value can begin that is not there yet.
    /// </summary>
    /// <param name="length">The file's.</param>
    public long ShownEnd(SafeFileHandle file, long start, long length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Block);
        try
        {
            var least = Math.Max(start, length - LongestHeld - mask.Context);
            for (var end = length; end > least;)
            {
                var begin = Math.Max(least, end - Block);
                var bytes = buffer.AsSpan(0, (int)(end - begin));
                ReadAll(file, bytes, begin);
                if (bytes.LastIndexOf((byte)'\n') is >= 0 and var feed)
                {
                    return begin + feed + 1;
                }

                end = begin;
            }

            return least == start ? start : length - mask.Context;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <returns>How much is there; the rest is zeros.</returns>
    private static int ReadAll(SafeFileHandle file, Span<byte> to, long at)
    {
        int length = 0, count;
        while (length < to.Length && (count = RandomAccess.Read(file, to[length..], at + length)) > 0)
        {
            length += count;
        }

        to[length..].Clear();
        return length;
    }
}
