using Runner.Client;

namespace Runner.Cli.Commands;

/// <summary>A stream that writes what it is given as <see cref="LogLine"/>s, one JSON object a line.</summary>
internal sealed class LogLineWriter(ClientCall call, int attempt, LogStream stream, long from) : Stream
{
    /// <summary>A line longer than this is written in pieces.</summary>
    private const int LongestPiece = 64 * 1024;

    private readonly MemoryStream _line = new();
    private long _offset = from;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var end = buffer.IndexOf((byte)'\n');
            var piece = buffer[..Math.Min(end < 0 ? buffer.Length : end + 1, LongestPiece - (int)_line.Length)];
            _line.Write(piece);
            buffer = buffer[piece.Length..];
            if (piece[^1] == '\n' || _line.Length == LongestPiece)
            {
                Flush();
            }
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
        if (_line.Length == 0)
        {
            return;
        }

        _offset += _line.Length;
        var position = stream == LogStream.Stdout ? new LogPosition(attempt, _offset, 0) : new LogPosition(attempt, 0, _offset);
        call.Context.WriteJson(
            LogLine.Of(attempt, stream, position.ToString(), _line.GetBuffer().AsSpan(0, (int)_line.Length)), ClientJson.Default.LogLine);
        _line.SetLength(0);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Flush();
            _line.Dispose();
        }

        base.Dispose(disposing);
    }
}
