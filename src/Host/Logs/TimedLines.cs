using System.Buffers;
using System.Text;
using Runner.Client;

namespace Runner.Host.Logs;

/// <summary>Writes lines with the time each came before it, as <c>2026-11-28T12:00:00.000Z text</c>. Not thread-safe.</summary>
internal sealed class TimedLines(IBufferWriter<byte> output)
{
    private bool _within;

    /// <summary>Nothing more comes: the file was replaced meanwhile.</summary>
    public bool IsBroken { get; private set; }

    public void Write(in OutputLine line)
    {
        IsBroken |= line.Problem is not null;
        if (line.Bytes.IsEmpty)
        {
            return;
        }

        if (!_within)
        {
            Encoding.ASCII.GetBytes(Instants.Milliseconds(line.Time ?? DateTimeOffset.UnixEpoch), output);
            output.Write(" "u8);
        }

        output.Write(line.Bytes);
        _within = line.Bytes[^1] != '\n';
    }
}
