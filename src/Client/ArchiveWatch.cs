using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Runner.Client;

/// <summary>
/// Looks at a tar archive as it passes by, for what a backup says of itself at its end: an extended header (POSIX pax) with what was left out.
/// Nothing is held but that header; what is no tar archive says nothing.
/// </summary>
internal sealed class ArchiveWatch
{
    /// <summary>The record that a node writes.</summary>
    private const string LeftOutRecord = "RUNNER.left-out";

    private const int Block = 512;
    private const int LargestHeader = 64 * 1024;

    private readonly byte[] _header = new byte[Block];
    private readonly List<byte> _extended = [];
    private int _inHeader;
    private long _content;
    private long _padding;
    private bool _isExtended;
    private long? _size;
    private bool _lost;

    /// <summary>What was left out; null if nothing was said.</summary>
    public string? LeftOut { get; private set; }

    public void Pass(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !_lost)
        {
            if (_content > 0)
            {
                var part = bytes[..(int)Math.Min(bytes.Length, _content)];
                if (_isExtended)
                {
                    _extended.AddRange(part);
                }

                _content -= part.Length;
                bytes = bytes[part.Length..];
                if (_content == 0 && _isExtended)
                {
                    ReadExtended();
                }
            }
            else if (_padding > 0)
            {
                var skipped = (int)Math.Min(bytes.Length, _padding);
                _padding -= skipped;
                bytes = bytes[skipped..];
            }
            else
            {
                var part = bytes[..Math.Min(bytes.Length, Block - _inHeader)];
                part.CopyTo(_header.AsSpan(_inHeader));
                _inHeader += part.Length;
                bytes = bytes[part.Length..];
                if (_inHeader == Block)
                {
                    _inHeader = 0;
                    Begin();
                }
            }
        }
    }

    private void Begin()
    {
        if (_header[0] == 0)
        {
            // The end of the archive, or what fills up its last block.
            return;
        }

        var size = 0L;
        foreach (var digit in _header.AsSpan(124, 12).Trim((byte)' ').Trim((byte)0))
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                _lost = true;
                return;
            }

            size = (size * 8) + digit - '0';
        }

        _isExtended = _header[156] == (byte)'x';
        _content = _isExtended ? size : _size ?? size;
        _size = null;
        _padding = (Block - (_content % Block)) % Block;
        _lost = _isExtended && _content > LargestHeader;
        _extended.Clear();
    }

    /// <summary>Records of «LENGTH NAME=VALUE\n», the length that of the whole record.</summary>
    private void ReadExtended()
    {
        _isExtended = false;
        var rest = CollectionsMarshal.AsSpan(_extended);
        while (Utf8Parser.TryParse(rest, out int length, out var digits) && length > digits + 1 && length <= rest.Length)
        {
            var record = Encoding.UTF8.GetString(rest[(digits + 1)..(length - 1)]);
            rest = rest[length..];
            if (record.Split('=', 2) is [var name, var value])
            {
                LeftOut = name == LeftOutRecord ? value : LeftOut;
                _size = name == "size" && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : _size;
            }
        }
    }
}
