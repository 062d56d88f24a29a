using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Runner.Actors.FlowRunners;

namespace Runner.Host.Logs;

/// <summary>
/// Reads a growing file line by line from an offset, with one buffer of 64 KiB however large the file is, and none while there is nothing to
/// read. A line longer than that comes in pieces, cut between UTF-8 characters. The file may appear later. Not thread-safe.
/// </summary>
internal sealed class LineReader(string path, long offset) : IDisposable
{
    /// <summary>The longest piece of a line, in bytes.</summary>
    public const int MaxPiece = 64 * 1024;

    private byte[] _buffer = [];
    private SafeFileHandle? _file;
    private int _start;
    private int _scanned;
    private int _end;

    /// <summary>A piece of a longer line is given out only when so many bytes have been written after it, or no more are.</summary>
    public int Ahead { get; set; }

    /// <summary>The file, once something of it has been read.</summary>
    public SafeFileHandle? File => _file;

    /// <summary>The file's bytes before this have been given out.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>The next line with its line feed.</summary>
    /// <param name="isFinal">Nobody writes any more: a rest without a line feed is a line, too.</param>
    /// <param name="line">Valid until the next call.</param>
    /// <returns>False if no whole line is there yet.</returns>
    /// <exception cref="ReplacedFileException">A program has put something else in its place.</exception>
    /// <exception cref="IOException">The file is there and cannot be read.</exception>
    public bool TryRead(bool isFinal, out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            var feed = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (feed >= 0 && _scanned + feed + 1 - _start <= MaxPiece)
            {
                line = Take(_scanned + feed + 1 - _start);
                return true;
            }

            _scanned = feed >= 0 ? _scanned + feed : _end;
            if (feed >= 0 || _end - _start == MaxPiece + Ahead)
            {
                line = Take(WholeCharacters(_buffer.AsSpan(_start, MaxPiece)));
                return true;
            }

            if (!Fill())
            {
                line = isFinal && _end > _start
                    ? Take(_end - _start <= MaxPiece ? _end - _start : WholeCharacters(_buffer.AsSpan(_start, MaxPiece))) : default;
                return line.Length > 0;
            }
        }
    }

    /// <summary>The next line, and those after it that are in memory already.</summary>
    /// <param name="isFinal">As for one line.</param>
    /// <param name="lines">Whole lines, or one piece of a longer one; valid until the next call.</param>
    /// <returns>False if no whole line is there yet.</returns>
    /// <exception cref="IOException">The file is there and cannot be read.</exception>
    public bool TryReadLines(bool isFinal, out ReadOnlySpan<byte> lines)
    {
        if (!TryRead(isFinal, out lines))
        {
            return false;
        }

        var first = lines.Length;
        if (lines[^1] == '\n' && _buffer.AsSpan(_start, _end - _start).LastIndexOf((byte)'\n') is >= 0 and var last)
        {
            Take(last + 1);
            lines = _buffer.AsSpan(_start - last - 1 - first, first + last + 1);
        }

        return true;
    }

    /// <summary>Drops what was read ahead; the next call reads it again.</summary>
    public void Rest() => GiveBack();

    public void Dispose()
    {
        _file?.Dispose();
        GiveBack();
    }

    private void GiveBack()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = [];
        (_start, _scanned, _end) = (0, 0, 0);
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        var taken = _buffer.AsSpan(_start, length);
        _start += length;
        _scanned = Math.Max(_scanned, _start);
        Offset += length;
        return taken;
    }

    private bool Fill()
    {
        _file ??= ProgramFile.Open(path);
        if (_file is null)
        {
            return false;
        }

        if (_buffer.Length < MaxPiece + Ahead)
        {
            var larger = ArrayPool<byte>.Shared.Rent(MaxPiece + Ahead);
            _buffer.AsSpan(_start, _end - _start).CopyTo(larger.AsSpan(_start));
            var (start, scanned, end) = (_start, _scanned, _end);
            GiveBack();
            (_buffer, _start, _scanned, _end) = (larger, start, scanned, end);
        }

        var held = _end - _start;
        _buffer.AsSpan(_start, held).CopyTo(_buffer);
        (_start, _scanned, _end) = (0, held, held);
        var read = RandomAccess.Read(_file, _buffer.AsSpan(held, MaxPiece + Ahead - held), Offset + held);
        _end += read;
        if (_end == 0)
        {
            GiveBack();
        }

        return read > 0;
    }

    /// <summary>How much of the bytes does not end inside a character. What is no UTF-8 at all is cut anywhere.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= 4; back++)
        {
            var b = bytes[^back];
            if ((b & 0xC0) != 0x80)
            {
                var needed = b switch { < 0x80 => 1, >= 0xF0 => 4, >= 0xE0 => 3, _ => 2 };
                return needed > back ? bytes.Length - back : bytes.Length;
            }
        }

        return bytes.Length;
    }
}
