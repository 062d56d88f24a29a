using System.Text.RegularExpressions;

namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>What the parameters of a DTSTART, RDATE or EXDATE say of its values: TZID and VALUE.</summary>
internal sealed partial class DateParameters
{
    private readonly PropertyLine _line;
    private readonly string? _type;
    private readonly bool _named;

    private DateParameters(PropertyLine line, TimeZoneInfo zone, bool named, string? type)
    {
        _line = line;
        Zone = zone;
        _named = named;
        _type = type;
    }

    /// <summary>Of the values that are not in UTC.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>Null, and a refusal, when a parameter has no meaning.</summary>
    /// <param name="zone">Where none is named.</param>
    public static DateParameters? Read(PropertyLine line, TimeZoneInfo zone, out string? error)
    {
        error = null;
        string? type = null;
        string? id = null;
        foreach (var (name, value) in line.Parameters)
        {
            switch (name)
            {
                case "TZID" when id is null:
                    id = value;
                    break;
                case "VALUE" when type is null && IsType(line, value.ToUpperInvariant()):
                    type = value.ToUpperInvariant();
                    break;
                case var _ when name.StartsWith("X-", StringComparison.Ordinal):
                    break;
                default:
                    error = Refuse(
                        line, $"{ScheduleFormatException.Quote($"{name}={value}")} cannot stand here",
                        $"TZID=ZONE once, and VALUE=DATE{(line.Name == "RDATE" ? ", DATE-TIME or PERIOD" : " or DATE-TIME")} once");
                    return null;
            }
        }

        var named = zone;
        if (id is "" || (id is not null && !TimeZones.TryFind(id, out named, out error)))
        {
            error = error is null ? Refuse(line, "TZID has no value", "an IANA name such as Europe/Berlin") : $"{line.Name}: {error}";
            return null;
        }

        return new DateParameters(line, named, id is not null, type);
    }

    /// <summary>Reads one value; of a period, where it starts. Null, and a refusal, when it is none, or none of the type that was said.</summary>
    public DateTimeValue? ReadValue(string text, out string? error)
    {
        error = null;
        var slash = _type == "PERIOD" ? text.IndexOf('/', StringComparison.Ordinal) : text.Length;
        var value = slash < 0 || (slash < text.Length && !IsPeriodsEnd(text.AsSpan(slash + 1))) ? null : DateTimeValue.Read(text.AsSpan(0, slash));
        if (value is null || value.Value.IsDate != (_type is null ? value.Value.IsDate : _type == "DATE"))
        {
            error = Refuse(_line, text.Length == 0 ? "a value is missing" : $"{ScheduleFormatException.Quote(text)} cannot be read", _type switch
            {
                "DATE" => "a date such as 20260131",
                "DATE-TIME" => "a date and time such as 20260131T090000, with Z for UTC",
                "PERIOD" => "a period such as 20260131T090000Z/PT1H",
                _ => DateTimeValue.Expected,
            });
            return null;
        }

        if (_named && value.Value.IsUtc)
        {
            error = Refuse(_line, $"{ScheduleFormatException.Quote(text)} is in UTC, and a TZID is there, too", "a time without Z, or no TZID");
            return null;
        }

        return value;
    }

    // An end has no meaning for a schedule, but one that is none (3.3.9 and 3.3.6) may be a mistake in the start, too.
    private static bool IsPeriodsEnd(ReadOnlySpan<char> text) => DateTimeValue.Read(text) is { IsDate: false } || Duration().IsMatch(text);

    [GeneratedRegex(@"\A\+?P(?=[0-9T])(?:[0-9]+W|(?:[0-9]+D)?(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?)\z", RegexOptions.IgnoreCase
        | RegexOptions.CultureInvariant)]
    private static partial Regex Duration();

    private static bool IsType(PropertyLine line, string type) => type is "DATE" or "DATE-TIME" || (type is "PERIOD" && line.Name == "RDATE");

    private static string Refuse(PropertyLine line, string problem, string expected) =>
        new ScheduleFormatException(line.Name, problem, expected).Message;
}
