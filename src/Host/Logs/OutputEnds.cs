using System.Collections.Immutable;
using Microsoft.Win32.SafeHandles;
using Runner.Actors.FlowRunners;
using Runner.Client;

namespace Runner.Host.Logs;

/// <summary>Finds where the last lines of an attempt's output begin, from its end: what stands before them is not read.</summary>
internal static class OutputEnds
{
    private const int Block = 64 * 1024;

    /// <summary>
    /// The position before so many last lines of each stream, and not before <paramref name="from"/>. A last line without a line feed is one, too.
    /// </summary>
    public static LogPosition LastLines(OutputFiles files, Guid run, LogPosition from, ImmutableArray<LogStream> streams, int count)
    {
        foreach (var stream in streams)
        {
            from = from.With(stream, OffsetOf(files.PathOf(run, from.Attempt, stream), from.OffsetOf(stream), count));
        }

        return from;
    }

    private static long OffsetOf(string path, long from, int count)
    {
        using var file = OpenOrNull(path);
        if (file is null)
        {
            return from;
        }

        var end = RandomAccess.GetLength(file);
        var buffer = new byte[Block];

        // The line feed that ends the last line begins none.
        for (var at = end - 1; at > from;)
        {
            var begin = Math.Max(from, at - Block);
            var bytes = buffer.AsSpan(0, RandomAccess.Read(file, buffer.AsSpan(0, (int)(at - begin)), begin));
            for (var feed = bytes.LastIndexOf((byte)'\n'); feed >= 0; feed = bytes[..feed].LastIndexOf((byte)'\n'))
            {
                if (--count == 0)
                {
                    return begin + feed + 1;
                }
            }

            at = begin;
        }

        return from;
    }

    private static SafeFileHandle? OpenOrNull(string path)
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
