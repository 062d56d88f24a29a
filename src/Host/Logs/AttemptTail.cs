using System.Collections.Immutable;
using Runner.Actors.FlowRunners;
using Runner.Client;

namespace Runner.Host.Logs;

/// <summary>
/// One line of a program's output, or a piece of a long one. Its position is where to go on after it; its bytes have the line feed if there is
/// one, and are valid only during the call it is passed to; there are none if all of it is within a secret value that began before.
/// </summary>
internal readonly ref struct OutputLine(LogStream stream, LogPosition position, ReadOnlySpan<byte> bytes)
{
    public LogStream Stream => stream;

    public LogPosition Position => position;

    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>By when it had come; null where it was not asked for, or is not known.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Why nothing comes of this stream from here on, in a sentence: a program has replaced its file. Then there are no bytes.</summary>
    public string? Problem { get; init; }
}

/// <summary>Takes lines. Called on the follower's thread; must not keep the line.</summary>
internal delegate void OutputLineHandler(in OutputLine line);

/// <summary>The output files of one attempt, read in turns so that neither stream starves the other. Not thread-safe.</summary>
internal sealed class AttemptTail : IDisposable
{
    /// <summary>As much as is sent before the reader's pace is asked for: what one that has stopped reading costs.</summary>
    private const int Turn = 16 * 1024;

    private readonly OutputFiles _files;
    private readonly Guid _run;
    private readonly ImmutableArray<(LogStream Stream, LineReader Reader)> _readers;
    private readonly HashSet<LogStream> _leftOut = [];
    private readonly Dictionary<LogStream, StreamTimes>? _times;
    private Dictionary<LogStream, MaskedOutput>? _masks;
    private bool _masksKnown;

    /// <param name="timed">Whether lines have their times.</param>
    public AttemptTail(OutputFiles files, Guid run, LogPosition from, IEnumerable<LogStream> streams, bool timed = false)
    {
        (_files, _run, Position) = (files, run, from);
        _times = timed ? streams.ToDictionary(s => s, s => files.TimesOf(run, from.Attempt, s)) : null;
        _readers = [.. streams.Select(s => (s, new LineReader(files.PathOf(run, from.Attempt, s), from.OffsetOf(s))))];
    }

    /// <summary>Everything before it has been handed over.</summary>
    public LogPosition Position { get; private set; }

    /// <summary>Gives the memory back that holds what was read ahead.</summary>
    public void Rest()
    {
        foreach (var (stream, reader) in _readers)
        {
            reader.Rest();
            _masks?[stream].Rest();
        }
    }

    /// <summary>Hands over up to about 16 KiB of whole lines of each stream, or one longer line.</summary>
    /// <param name="isFinal">The attempt had ended before this call: a last line without a line feed counts, too.</param>
    /// <param name="together">Lines that are there already are handed over as one.</param>
    /// <returns>Whether there was anything.</returns>
    public bool ReadTurn(bool isFinal, OutputLineHandler handler, bool together = false)
    {
        var any = false;
        foreach (var (stream, reader) in _readers)
        {
            if (_leftOut.Contains(stream))
            {
                continue;
            }

            try
            {
                FindMasks();
                for (var end = reader.Offset + Turn; reader.Offset < end;)
                {
                    if (!(together ? reader.TryReadLines(isFinal, out var line) : reader.TryRead(isFinal, out line)))
                    {
                        break;
                    }

                    Position = Position.With(stream, reader.Offset);
                    any = true;
                    handler(new OutputLine(
                        stream, Position, _masks is null ? line : _masks[stream].Of(reader.File!, reader.Offset - line.Length, line))
                    {
                        Time = _times?[stream].Of(reader.Offset),
                    });
                }
            }
            catch (ReplacedFileException e)
            {
                _leftOut.Add(stream);
                handler(new OutputLine(stream, Position, []) { Problem = e.Message });
                any = true;
            }
        }

        return any;
    }

    /// <summary>What masks the output is there before the output is; without any, nothing is done differently.</summary>
    private void FindMasks()
    {
        if (_masksKnown)
        {
            return;
        }

        var begun = _files.Exists(_run, Position.Attempt);
        if (_files.MaskOf(_run, Position.Attempt) is { } mask)
        {
            _masks = _readers.ToDictionary(r => r.Stream, _ => new MaskedOutput(mask));
            foreach (var (_, reader) in _readers)
            {
                reader.Ahead = mask.Context;
            }
        }

        _masksKnown = begun;
    }

    public void Dispose()
    {
        foreach (var (_, reader) in _readers)
        {
            reader.Dispose();
        }
    }
}
