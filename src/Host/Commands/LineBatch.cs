using System.Buffers;
using System.IO.Pipelines;

namespace Runner.Host.Commands;

/// <summary>
/// Answers lines, each with one line, in order and as they come: no more of the input is in memory than one line, and what is answered is handed on
/// before more is waited for, so that a program can ask line by line.
/// </summary>
/// <param name="output">Its line ends have to be line feeds.</param>
internal sealed class LineBatch(Stream input, TextWriter output)
{
    /// <summary>A longer line is answered without being kept: 8 MiB.</summary>
    public const int LongestLine = 8 << 20;

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <param name="answer">Takes a line without its end, which may be empty, and makes the line that answers it.</param>
    /// <param name="refuse">Makes the line that answers one that is not read, from what is wrong with it.</param>
    public async Task RunAsync(Func<ReadOnlyMemory<byte>, string> answer, Func<string, string> refuse, CancellationToken cancel = default)
    {
        var reader = PipeReader.Create(input, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        var (first, skipping) = (true, false);
        for (var ended = false; !ended;)
        {
            if (!reader.TryRead(out var read))
            {
                await output.FlushAsync(cancel);
                read = await reader.ReadAsync(cancel);
            }

            var rest = read.Buffer;
            ended = read.IsCompleted;
            while (TryTakeLine(ref rest, ended, out var line))
            {
                await output.WriteAsync(skipping || line.Length > LongestLine ? TooLong(refuse) : Answered(answer, Plain(line, first), refuse));
                await output.WriteAsync('\n');
                (first, skipping) = (false, false);
            }

            if (rest.Length > LongestLine)
            {
                skipping = true;
                rest = rest.Slice(rest.End);
            }

            if (ended && skipping)
            {
                await output.WriteAsync(TooLong(refuse) + "\n");
            }

            reader.AdvanceTo(rest.Start, read.Buffer.End);
        }

        await reader.CompleteAsync();
        await output.FlushAsync(cancel);
    }

    /// <summary>A fault in one line's answer is that line's: those before it are answered, and those after it will be.</summary>
    private static string Answered(Func<ReadOnlyMemory<byte>, string> answer, ReadOnlyMemory<byte> line, Func<string, string> refuse)
    {
        try
        {
            return answer(line);
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            return refuse("the line could not be answered. This is a mistake in the program; "
                + $"please report it, with the line: {e.GetType().Name}: {e.Message}");
        }
    }

    private static string TooLong(Func<string, string> refuse) => refuse($"the line is longer than {LongestLine >> 20} MiB");

    /// <summary>The next line; at the end, also one that no line feed ends.</summary>
    private static bool TryTakeLine(ref ReadOnlySequence<byte> rest, bool ended, out ReadOnlySequence<byte> line)
    {
        if (rest.PositionOf((byte)'\n') is { } end)
        {
            line = rest.Slice(0, end);
            rest = rest.Slice(rest.GetPosition(1, end));
            return true;
        }

        line = rest;
        if (!ended || rest.IsEmpty)
        {
            return false;
        }

        rest = rest.Slice(rest.End);
        return true;
    }

    private static ReadOnlyMemory<byte> Plain(ReadOnlySequence<byte> line, bool first)
    {
        var bytes = line.IsSingleSegment ? line.First : line.ToArray();
        bytes = first && bytes.Span.StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes;
        return bytes.Span.EndsWith("\r"u8) ? bytes[..^1] : bytes;
    }
}
