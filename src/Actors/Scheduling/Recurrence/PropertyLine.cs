using System.Text;

namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>One line of iCalendar text: <c>NAME;PARAMETER=VALUE:VALUE</c> (RFC 5545, 3.1).</summary>
/// <param name="Name">In upper case.</param>
/// <param name="Parameters">Names in upper case, values without their quotes.</param>
internal sealed record PropertyLine(string Name, IReadOnlyList<(string Name, string Value)> Parameters, string Value)
{
    private const string Form = "lines such as DTSTART;TZID=Europe/Berlin:20260131T090000 and RRULE:FREQ=DAILY";

    private static readonly string[] Names = ["DTSTART", "RRULE", "RDATE", "EXRULE", "EXDATE"];

    /// <summary>
    /// Unfolds a text and takes its lines apart; a line without a property's name that has a FREQ is an RRULE. Null and a refusal when one is no such
    /// line.
    /// </summary>
    public static List<PropertyLine>? ReadAll(string text, out string? error)
    {
        var lines = new List<PropertyLine>();
        if (Unfold(text, out error) is not { } unfolded)
        {
            return null;
        }

        foreach (var line in unfolded)
        {
            if (Read(line) is not { } property)
            {
                error = new ScheduleFormatException("rrule", $"{ScheduleFormatException.Quote(line)} is no property", Form).Message;
                return null;
            }

            lines.Add(property);
        }

        error = lines.Count == 0 ? new ScheduleFormatException("rrule", "it is empty", Form).Message : null;
        return error is null ? lines : null;
    }

    /// <summary>
    /// A line that begins with a blank goes on where the one before it ended, without that blank; a property that is indented is refused, and not
    /// read as a part of another.
    /// </summary>
    private static List<string>? Unfold(string text, out string? error)
    {
        error = null;
        var lines = new List<StringBuilder>();
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan(range).TrimEnd('\r');
            if (line.Length > 0 && line[0] is ' ' or '\t' && lines.Count > 0)
            {
                if (IsProperty(line.Trim()))
                {
                    error = new ScheduleFormatException(
                        "rrule", $"{ScheduleFormatException.Quote(line)} begins with a blank, and so goes on with the line before",
                        "each property at the beginning of its line").Message;
                    return null;
                }

                lines[^1].Append(line[1..]);
            }
            else if (!line.IsWhiteSpace())
            {
                lines.Add(new StringBuilder().Append(line));
            }
        }

        return lines.ConvertAll(line => line.ToString().Trim());
    }

    private static bool IsProperty(ReadOnlySpan<char> line)
    {
        foreach (var name in Names)
        {
            if (line.StartsWith(name, StringComparison.OrdinalIgnoreCase) && line.Length > name.Length && line[name.Length] is ':' or ';')
            {
                return true;
            }
        }

        return false;
    }

    private static PropertyLine? Read(string line)
    {
        var colon = IndexOutsideQuotes(line, 0, ':');
        if (colon < 0)
        {
            return line.Contains("FREQ", StringComparison.OrdinalIgnoreCase) ? new PropertyLine("RRULE", [], line) : null;
        }

        var parameters = new List<(string, string)>();
        var nameEnd = line.AsSpan(0, colon).IndexOf(';');
        for (var start = nameEnd < 0 ? colon : nameEnd; start < colon;)
        {
            var next = IndexOutsideQuotes(line, start + 1, ';');
            next = next < 0 || next > colon ? colon : next;
            var pair = line[(start + 1)..next];
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                return null;
            }

            parameters.Add((pair[..equals].Trim().ToUpperInvariant(), pair[(equals + 1)..].Trim().Trim('"')));
            start = next;
        }

        return new PropertyLine(line[..(nameEnd < 0 ? colon : nameEnd)].Trim().ToUpperInvariant(), parameters, line[(colon + 1)..].Trim());
    }

    private static int IndexOutsideQuotes(string line, int from, char sought)
    {
        var quoted = false;
        for (var i = from; i < line.Length; i++)
        {
            if (line[i] == sought && !quoted)
            {
                return i;
            }

            quoted ^= line[i] == '"';
        }

        return -1;
    }
}
