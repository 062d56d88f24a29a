using System.Text.Json;
using System.Text.Unicode;
using Runner.Client;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Host.Commands.SchedulePreview;

/// <summary>Reads a request from a line of JSON: an object with <c>cron</c>, <c>rrule</c> or <c>interval</c>, and what belongs to it.</summary>
internal sealed class PreviewLine
{
    private const string Fields = "cron, day_or, rrule, interval, anchor, timezone, from, inclusive and count";

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private ScheduleSpec _spec = new();
    private DateTimeOffset? _from;
    private bool _inclusive;
    private int _count = PreviewRequest.UsuallyShown;
    private string? _problem;

    private PreviewLine()
    {
    }

    /// <param name="now">Where occurrences are looked for from, if the line does not say.</param>
    /// <param name="problem">What is wrong with the line, where the answer is null.</param>
    public static PreviewRequest? Read(ReadOnlySpan<byte> line, DateTimeOffset now, out string problem)
    {
        var read = new PreviewLine();
        if (line.Trim(" \t\r"u8).IsEmpty)
        {
            problem = "the line is empty; expected a JSON object";
            return null;
        }

        if (!Utf8.IsValid(line))
        {
            problem = "the line is not UTF-8";
            return null;
        }

        try
        {
            problem = read.ReadObject(line) ?? "";
        }
        catch (JsonException e)
        {
            // What is said to who calls the parser is nothing to who wrote the line.
            var said = e.Message.Split(" LineNumber:")[0].Replace(" in this mode. Change the reader options.", ".", StringComparison.Ordinal);
            problem = $"the line is not JSON: {said} (column {(e.BytePositionInLine ?? 0) + 1})";
        }

        return problem.Length == 0 ? new PreviewRequest(read._spec, read._from ?? now, read._inclusive, read._count) : null;
    }

    private string? ReadObject(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            // Broken JSON is told as that.
            json.Skip();
            return json.Read() ? null : "expected a JSON object";
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = Text(ref json) ?? "";
            json.Read();
            if (!_seen.Add(name))
            {
                _problem ??= $"'{name}' is there twice";
                json.Skip();
            }
            else if (json.TokenType != JsonTokenType.Null)
            {
                Take(name, ref json);
            }
        }

        json.Read();
        return _problem;
    }

    private void Take(string name, ref Utf8JsonReader json)
    {
        switch (name)
        {
            case "cron":
                _spec = _spec with { Cron = TextOf(name, ref json) };
                break;
            case "rrule":
                _spec = _spec with { Rrule = TextOf(name, ref json) };
                break;
            case "timezone":
                _spec = _spec with { Timezone = TextOf(name, ref json) };
                break;
            case "interval":
                _spec = _spec with { Interval = DurationOf(name, ref json) };
                break;
            case "anchor":
                _spec = _spec with { Anchor = InstantOf(name, ref json) };
                break;
            case "day_or":
                _spec = _spec with { DayOr = TruthOf(name, ref json) };
                break;
            case "from":
                _from = InstantOf(name, ref json);
                break;
            case "inclusive":
                _inclusive = TruthOf(name, ref json) ?? false;
                break;
            case "count":
                _count = CountOf(name, ref json);
                break;
            default:
                var near = Nearest.To(name, Fields.Split([", ", " and "], StringSplitOptions.None));
                Expected(Shown(name), near is null ? $"one of {Fields}" : $"one of the fields there are; did you mean '{near}'?", ref json);
                break;
        }
    }

    private string? TextOf(string name, ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String && Text(ref json) is { } text)
        {
            return text;
        }

        return Expected<string>(name, "a text", ref json);
    }

    private TimeSpan? DurationOf(string name, ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String && DurationText.TryParse(Text(ref json), out var duration))
        {
            return duration;
        }

        if (json.TokenType == JsonTokenType.Number && json.TryGetDecimal(out var seconds) && seconds >= 0
            && seconds < (decimal)TimeSpan.MaxValue.TotalSeconds)
        {
            return new TimeSpan((long)(seconds * TimeSpan.TicksPerSecond));
        }

        Expected(name, $"{DurationText.Expected}, or a number of seconds", ref json);
        return null;
    }

    private DateTimeOffset? InstantOf(string name, ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String && Instants.TryParse(Text(ref json), out var instant))
        {
            return instant;
        }

        Expected(name, Instants.Expected, ref json);
        return null;
    }

    private bool? TruthOf(string name, ref Utf8JsonReader json)
    {
        if (json.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            return json.TokenType == JsonTokenType.True;
        }

        Expected(name, "true or false", ref json);
        return null;
    }

    private int CountOf(string name, ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var count) && count is >= 1 and <= PreviewRequest.MostShown)
        {
            return count;
        }

        Expected(name, $"a whole number from 1 to {PreviewRequest.MostShown}", ref json);
        return 1;
    }

    private T? Expected<T>(string name, string expected, ref Utf8JsonReader json)
        where T : class
    {
        Expected(name, expected, ref json);
        return null;
    }

    private void Expected(string name, string expected, ref Utf8JsonReader json)
    {
        _problem ??= $"{name}: expected {expected}";
        json.Skip();
    }

    /// <summary>Null for a text that escapes half of a character.</summary>
    private static string? Text(ref Utf8JsonReader json)
    {
        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Shown(string name) => name.Length <= 40 ? $"'{name}'" : $"'{name[..40]}…'";
}
