using Runner.Actors.FlowRunners;

namespace Runner.Host.Logs;

/// <summary>
/// When the lines of one output came: by the notes that were made meanwhile (<see cref="OutputTimes"/>), and of what is newer by the file's own last
/// change. Not thread-safe.
/// </summary>
/// <param name="path">The output.</param>
/// <param name="notesPath">The attempt's notes.</param>
internal sealed class StreamTimes(string path, string notesPath, bool isStderr)
{
    private const int Block = 64 * 1024;

    /// <summary>The coarsest clock that Linux gives a file its time by (CONFIG_HZ of 100).</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private OutputTimeline _notes = new([]);

    /// <summary>So much was there when the file was last looked at, and when the last of it had come.</summary>
    private (long Size, DateTimeOffset? Changed) _known = (-1, null);

    /// <summary>By when the byte before <paramref name="end"/> had come; null if the file is not there any more.</summary>
    public DateTimeOffset? Of(long end)
    {
        if (end > _known.Size && FileFacts.Of(path) is { } file)
        {
            // Of a file that grows there are more notes by now; of what was there at once neither is looked for again.
            _known = (Math.Max(end, file.Size), file.Changed);
            _notes = OutputTimeline.Read(notesPath, isStderr);
        }

        return _notes.TimeOf(end) ?? _known.Changed;
    }

    /// <summary>Where the first line begins that came at that time or later; the file's end if all came before.</summary>
    /// <param name="from">Not before this.</param>
    public long Since(DateTimeOffset time, long from)
    {
        if (FileFacts.Of(path) is not { Kind: FileKind.Regular } file)
        {
            return from;
        }

        // What has come by the file's time may have come a tick of the kernel's later.
        time -= Tick;
        if (file.Changed < time)
        {
            return Math.Max(from, file.Size);
        }

        var before = OutputTimeline.Read(notesPath, isStderr).Before(time);
        return before <= from ? from : LineStart(from, Math.Min(before, file.Size));
    }

    /// <summary>The beginning of the line that the byte at <paramref name="at"/> belongs to.</summary>
    private long LineStart(long from, long at)
    {
        using var file = OpenOrNull();
        var buffer = new byte[Block];
        for (var end = at; file is not null && end > from;)
        {
            var begin = Math.Max(from, end - Block);
            var bytes = buffer.AsSpan(0, RandomAccess.Read(file, buffer.AsSpan(0, (int)(end - begin)), begin));
            if (bytes.LastIndexOf((byte)'\n') is >= 0 and var feed)
            {
                return begin + feed + 1;
            }

            end = begin;
        }

        return from;
    }

    private Microsoft.Win32.SafeHandles.SafeFileHandle? OpenOrNull()
    {
        try
        {
            return ProgramFile.Open(path);
        }
        catch (ReplacedFileException)
        {
            // Who reads on from here is told so.
            return null;
        }
    }
}
