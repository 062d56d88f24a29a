using System.Buffers;

namespace Runner.Cli.Terminal;

/// <summary>
/// Writes to a terminal so that what others wrote (a program's output, names, messages) is shown and not obeyed: whatever would move the cursor,
/// clear the screen, set a title or overwrite what stands there is written out as <c>\x1b</c> and the like. Text, line feeds, tabs and colours (SGR)
/// pass.
/// </summary>
/// <remarks>A character or a colour that is cut by the end of a write is held until the next one; nothing else is. Not thread-safe.</remarks>
public sealed class TerminalStream(Stream inner) : Stream
{
    /// <summary>A colour has no more bytes; what is longer is no colour.</summary>
    private const int LongestColour = 64;

    private const byte Escape = 0x1B;

    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        [(byte)'\n', (byte)'\t', .. Enumerable.Range(0x20, 0x7F - 0x20).Select(b => (byte)b)]);

    private readonly ArrayBufferWriter<byte> _shown = new();
    private readonly byte[] _held = new byte[LongestColour];
    private int _heldCount;

    private enum Kind
    {
        /// <summary>Passes as it is.</summary>
        Shown,

        /// <summary>Is written out.</summary>
        Control,

        /// <summary>The rest of it has not been written yet.</summary>
        Cut,
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The stream for what is written: this one before a terminal, the stream itself elsewhere.</summary>
    public static Stream Over(Stream stream, bool isTerminal) => isTerminal ? new TerminalStream(stream) : stream;

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_heldCount == 0 && !buffer.ContainsAnyExcept(Plain))
        {
            inner.Write(buffer);
            return;
        }

        byte[]? joined = null;
        if (_heldCount > 0)
        {
            joined = [.. _held.AsSpan(0, _heldCount), .. buffer];
            _heldCount = 0;
        }

        Filter(joined ?? buffer);
        inner.Write(_shown.WrittenSpan);
        _shown.ResetWrittenCount();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Whoever looks on reads no faster than this.
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Filter(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var plain = bytes.IndexOfAnyExcept(Plain);
            if (plain != 0)
            {
                var run = plain < 0 ? bytes : bytes[..plain];
                _shown.Write(run);
                bytes = bytes[run.Length..];
                continue;
            }

            var (kind, length) = Look(bytes);
            if (kind == Kind.Cut)
            {
                bytes.CopyTo(_held);
                _heldCount = bytes.Length;
                return;
            }

            if (kind == Kind.Shown)
            {
                _shown.Write(bytes[..length]);
            }
            else
            {
                WriteOut(bytes[..length]);
            }

            bytes = bytes[length..];
        }
    }

    /// <summary>What stands at the start, which is no plain character.</summary>
    private static (Kind Kind, int Length) Look(ReadOnlySpan<byte> bytes) => bytes[0] switch
    {
        Escape => LookAtColour(bytes),
        // A line's end as other systems write it.
        (byte)'\r' when bytes.Length == 1 => (Kind.Cut, 1),
        (byte)'\r' when bytes[1] == '\n' => (Kind.Shown, 2),
        < 0x80 => (Kind.Control, 1),
        _ => LookAtCharacter(bytes),
    };

    private static (Kind Kind, int Length) LookAtColour(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 1 && bytes[1] != '[')
        {
            return (Kind.Control, 1);
        }

        for (var i = 2; i < Math.Min(bytes.Length, LongestColour); i++)
        {
            if (bytes[i] == 'm')
            {
                return (Kind.Shown, i + 1);
            }

            if (!char.IsAsciiDigit((char)bytes[i]) && bytes[i] is not ((byte)';' or (byte)':'))
            {
                return (Kind.Control, 1);
            }
        }

        return bytes.Length < LongestColour ? (Kind.Cut, bytes.Length) : (Kind.Control, 1);
    }

    private static (Kind Kind, int Length) LookAtCharacter(ReadOnlySpan<byte> bytes)
    {
        switch (System.Text.Rune.DecodeFromUtf8(bytes, out var rune, out var length))
        {
            case OperationStatus.NeedMoreData:
                return (Kind.Cut, bytes.Length);
            case OperationStatus.Done:
                return (Rules(rune) ? Kind.Control : Kind.Shown, length);
            default:
                return (Kind.Control, length);
        }
    }

    /// <summary>The other control characters, and those that turn the direction of what stands around them.</summary>
    private static bool Rules(System.Text.Rune rune) => rune.Value is (>= 0x80 and <= 0x9F) or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    private void WriteOut(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            _shown.Write([(byte)'\\', (byte)'x', Digit(b >> 4), Digit(b & 15)]);
        }
    }

    private static byte Digit(int value) => (byte)"0123456789abcdef"[value];
}
