using System.Buffers.Binary;
using System.Collections.Immutable;
using Runner.Files;
using Serilog;

namespace Runner.Actors.FlowRunners;

/// <summary>A flow runner that says which attempts have a process.</summary>
public interface ILiveAttempts
{
    /// <summary>Those that have one now, or had a moment ago. Thread-safe.</summary>
    IReadOnlyCollection<AttemptKey> Live { get; }
}

/// <summary>
/// Notes how far the output of running programs has come when, since a program's output goes straight into its file and a file does not say when each
/// of its lines came. Once a second, for up to 2,000 programs; of more, in turns. What the file itself says of its last change is exact.
/// </summary>
public sealed class OutputTimes : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const int MostAtOnce = 2_000;

    private readonly RunFiles _files;
    private readonly ILiveAttempts _live;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private readonly TimeProvider _time;
    private Dictionary<AttemptKey, (long Stdout, long Stderr)> _known = [];
    private int _turn;
    private bool _failing;
    private bool _disposed;

    public OutputTimes(RunFiles files, ILiveAttempts live, TimeProvider time, ILogger log)
    {
        (_files, _live, _log, _time) = (files, live, log, time);
        _timer = time.CreateTimer(static state => ((OutputTimes)state!).Look(), this, Interval, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer.Dispose();
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            try
            {
                LookAtAll();
                _failing = false;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Lines have coarser times then, and nothing else is worse.
                if (!_failing)
                {
                    _log.Warning("When lines of output come cannot be noted now, and they have coarser times: {Reason}", e.Message);
                }

                _failing = true;
            }
            finally
            {
                _timer.Change(Interval, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void LookAtAll()
    {
        var live = _live.Live;
        var known = new Dictionary<AttemptKey, (long, long)>(live.Count);
        var (first, count) = live.Count <= MostAtOnce ? (0, live.Count) : (_turn * MostAtOnce % live.Count, MostAtOnce);
        _turn++;
        foreach (var (i, key) in live.Index())
        {
            var before = _known.GetValueOrDefault(key);
            known[key] = i >= first && i < first + count ? LookAt(key, before) : before;
        }

        _known = known;
    }

    private (long Stdout, long Stderr) LookAt(AttemptKey key, (long Stdout, long Stderr) before)
    {
        Span<byte> notes = stackalloc byte[2 * OutputTimeline.Size];
        var length = 0;
        var now = _time.GetUtcNow();
        var stdout = Note(_files.Stdout(key), false, before.Stdout, now, notes, ref length);
        var stderr = Note(_files.Stderr(key), true, before.Stderr, now, notes, ref length);
        if (length > 0)
        {
            OutputTimeline.Append(_files.Times(key), notes[..length]);
        }

        return (stdout, stderr);
    }

    private static long Note(string path, bool isStderr, long before, DateTimeOffset now, Span<byte> notes, ref int length)
    {
        if (FileFacts.Of(path) is not { Kind: FileKind.Regular } file || file.Size == before)
        {
            return before;
        }

        OutputTimeline.Write(notes[length..], isStderr, file.Size, file.Changed is { } changed && changed < now ? changed : now);
        length += OutputTimeline.Size;
        return file.Size;
    }
}

/// <summary>When the lines of an attempt's output came, as far as it was noted: by when so many bytes of a stream had been written.</summary>
/// <param name="Notes">In the order of their offsets.</param>
public sealed record OutputTimeline(ImmutableArray<(long Offset, DateTimeOffset At)> Notes)
{
    /// <summary>
    /// The bytes of a note in a file: the offset, whose highest bit says that it is of standard error, and Unix milliseconds; little-endian.
    /// </summary>
    internal const int Size = 16;

    private const int MostNotes = 4096;
    private const ulong OfStderr = 1UL << 63;

    /// <summary>What is known of a stream; nothing if nothing was noted, or if something else is in the notes' place.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public static OutputTimeline Read(string path, bool isStderr)
    {
        try
        {
            using var file = ProgramFile.Open(path);
            if (file is null)
            {
                return new([]);
            }

            var bytes = new byte[Math.Min(RandomAccess.GetLength(file), 2L * MostNotes * Size) / Size * Size];
            var length = RandomAccess.Read(file, bytes, 0) / Size * Size;
            var notes = ImmutableArray.CreateBuilder<(long Offset, DateTimeOffset At)>(length / Size);
            for (var at = 0; at < length; at += Size)
            {
                var offset = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
                var time = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at + 8));
                if ((offset & OfStderr) != 0 == isStderr && time >= 0 && time <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
                {
                    notes.Add(((long)(offset & ~OfStderr), DateTimeOffset.FromUnixTimeMilliseconds(time)));
                }
            }

            notes.Sort(static (a, b) => a.Offset.CompareTo(b.Offset));
            return new(notes.DrainToImmutable());
        }
        catch (ReplacedFileException)
        {
            return new([]);
        }
    }

    /// <summary>By when the byte before <paramref name="end"/> had come; null if that is later than the last note.</summary>
    public DateTimeOffset? TimeOf(long end)
    {
        var (low, high) = (0, Notes.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Notes[middle].Offset < end ? (middle + 1, high) : (low, middle);
        }

        return low < Notes.Length ? Notes[low].At : null;
    }

    /// <summary>How much had come before that time, of what was noted.</summary>
    public long Before(DateTimeOffset time) => Notes.Where(note => note.At < time).Select(note => note.Offset).DefaultIfEmpty(0).Max();

    internal static void Write(Span<byte> to, bool isStderr, long offset, DateTimeOffset at)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to, (ulong)offset | (isStderr ? OfStderr : 0));
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], at.ToUnixTimeMilliseconds());
    }

    /// <summary>Adds notes to a file; of one that has too many every second one goes.</summary>
    internal static void Append(string path, ReadOnlySpan<byte> notes)
    {
        if (FileFacts.Of(path) is { Kind: FileKind.Regular, Size: >= MostNotes * Size })
        {
            Thin(path);
        }

        ProgramFile.Append(path, notes);
    }

    private static void Thin(string path)
    {
        var kept = new List<byte>();
        foreach (var isStderr in new[] { false, true })
        {
            var notes = Read(path, isStderr).Notes;
            var bytes = new byte[Size];
            foreach (var (offset, at) in notes.Where((_, i) => i % 2 == 1 || i == notes.Length - 1))
            {
                Write(bytes, isStderr, offset, at);
                kept.AddRange(bytes);
            }
        }

        OwnFile.Replace(path, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(kept));
    }
}
