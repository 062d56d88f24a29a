using Runner.Messages.Deployments;
namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>Reads the lines of a recurrence: DTSTART, RRULE, RDATE, EXRULE and EXDATE, in any order.</summary>
internal sealed class RecurrenceReader
{
    /// <summary>The longest text accepted, in characters.</summary>
    public const int Longest = ScheduleSpec.LongestRecurrence;

    private const string GivenUp = "its first occurrence was looked for and given up on, after very many times that do not occur";

    // Without DTSTART a rule begins here, as intervals without an anchor do: what it means must not depend on when it is asked.
    private const int DefaultDay = 719_162;

    private static readonly DateTimeValue DefaultStart = new(DefaultDay * (long)LocalTimes.Day, IsDate: false, IsUtc: false);

    private readonly List<RuleOccurrences> _rules = [];
    private readonly List<RuleOccurrences> _excludedRules = [];
    private readonly SortedSet<long> _dates = [];
    private readonly SortedSet<long> _excludedDates = [];
    private readonly SortedSet<int> _excludedDays = [];
    private readonly DateTimeValue _start;
    private readonly LocalGaps _clocks;
    private readonly TimeZoneInfo _zone;
    private readonly bool _isUnion;
    private SearchBudget _firsts = new(SearchBudget.OfAnAnswer);

    private RecurrenceReader(DateTimeValue start, TimeZoneInfo zone, bool isUnion)
    {
        _start = start;
        _isUnion = isUnion;
        _clocks = new LocalGaps(zone);
        _zone = zone;
    }

    /// <summary>
    /// Reads a text. Null, and a refusal for its author, when it has no meaning, nothing ever occurs, or finding that out takes too long.
    /// </summary>
    /// <param name="zone">Of a DTSTART that names none; on return, the one the rules go by.</param>
    public static RecurrenceSet? Read(string? text, ref TimeZoneInfo zone, out string? error)
    {
        if (RefuseText(text) is { } refusal || PropertyLine.ReadAll(text!, out refusal) is not { } lines)
        {
            error = refusal;
            return null;
        }

        if (ReadStart(lines, ref zone, out error) is not { } start)
        {
            return null;
        }

        var budget = new SearchBudget(SearchBudget.OfReading);
        var reader = new RecurrenceReader(start, zone, lines.Count(line => line.Name is not ("DTSTART" or "EXDATE")) > 1);
        foreach (var line in lines)
        {
            error = reader.Add(line, ref budget);
            if (error is not null)
            {
                return null;
            }
        }

        return reader.Finish(lines, out error);
    }

    private static string? RefuseText(string? text) =>
        string.IsNullOrWhiteSpace(text) ? Refuse("rrule", "it is empty", "a rule such as FREQ=DAILY;BYHOUR=9")
        : text.Length > Longest ? Refuse("rrule", $"it has {text.Length} characters", $"at most {Longest}")
        : text.Contains("\\n", StringComparison.Ordinal) ? Refuse("rrule", @"it has the two characters \n where a line ends", "a line break")
        : null;

    private static DateTimeValue? ReadStart(List<PropertyLine> lines, ref TimeZoneInfo zone, out string? error)
    {
        error = null;
        var starts = lines.FindAll(line => line.Name == "DTSTART");
        if (starts.Count == 0)
        {
            return DefaultStart;
        }

        error = starts.Count > 1 ? Refuse("DTSTART", "it is there twice", "one") : null;
        var parameters = DateParameters.Read(starts[0], zone, out var wrong);
        error ??= wrong;
        if (error is not null)
        {
            return null;
        }

        var value = parameters!.ReadValue(starts[0].Value, out error);
        zone = value is { IsUtc: true } ? TimeZoneInfo.Utc : parameters.Zone;
        return value;
    }

    private string? Add(PropertyLine line, ref SearchBudget budget)
    {
        switch (line.Name)
        {
            case "DTSTART":
                return null;
            case "RRULE" or "EXRULE":
                return AddRule(line, line.Name == "RRULE" ? _rules : _excludedRules, ref budget);
            case "RDATE" or "EXDATE":
                return AddDates(line);
            default:
                return Refuse(
                    "rrule", $"{ScheduleFormatException.Quote(line.Name)} is no property of a recurrence", "DTSTART, RRULE, RDATE, EXRULE or EXDATE");
        }
    }

    private string? AddRule(PropertyLine line, List<RuleOccurrences> to, ref SearchBudget budget)
    {
        if (line.Parameters.FirstOrDefault(p => !p.Name.StartsWith("X-", StringComparison.Ordinal)).Name is { } parameter)
        {
            return Refuse(line.Name, $"{ScheduleFormatException.Quote(parameter)} is no parameter of it", "none");
        }

        if (RuleParser.Read(line.Name, line.Value, out var error) is { } rule
            && RuleOccurrences.Make(rule, _start, _clocks, ref budget, out error) is { } occurrences)
        {
            to.Add(occurrences);
            error = RefuseNever(line, occurrences);
        }

        return error;
    }

    /// <summary>
    /// Refuses a rule that never occurs beside others that do: they would hide it, and each answer would search for it anew to the end
    /// of the calendar. One that is alone is refused with its exclusions, at the end.
    /// </summary>
    private string? RefuseNever(PropertyLine line, RuleOccurrences occurrences) =>
        !_isUnion || occurrences.EverOccurs(ref _firsts) ? null
        : _firsts.IsSpent ? Refuse("rrule", GivenUp, "one that occurs more often")
        : Refuse(line.Name, $"{ScheduleFormatException.Quote(line.Value)} never occurs on or after DTSTART", "at least one occurrence of each rule");

    private string? AddDates(PropertyLine line)
    {
        if (DateParameters.Read(line, _zone, out var error) is not { } parameters)
        {
            return error;
        }

        var clocks = new LocalGaps(parameters.Zone);
        foreach (var item in line.Value.Split(','))
        {
            if (parameters.ReadValue(item.Trim(), out error) is not { } value)
            {
                return error;
            }

            if (value.IsDate && line.Name == "EXDATE")
            {
                _excludedDays.Add(value.Day);
            }
            else if ((value.IsUtc ? value.Ticks : clocks.InstantOfWritten(value.Local)) is { } instant)
            {
                (line.Name == "RDATE" ? _dates : _excludedDates).Add(instant);
            }
            else
            {
                return Refuse(
                    line.Name, $"{ScheduleFormatException.Quote(item)} is outside of the calendar in {parameters.Zone.Id}",
                    "a time in the years 1 to 9999");
            }
        }

        return null;
    }

    private RecurrenceSet? Finish(List<PropertyLine> lines, out string? error)
    {
        // Beside a rule, DTSTART is an occurrence only if the rule says so; without one it is the first of the set (3.8.5.2).
        if (_rules.Count == 0 && lines.Exists(line => line.Name == "DTSTART") && _clocks.InstantOfWritten(_start.Local) is { } instant)
        {
            _dates.Add(instant);
        }

        if (_rules.Count == 0 && _dates.Count == 0)
        {
            error = Refuse("rrule", "nothing says when it occurs", "an RRULE, an RDATE or a DTSTART");
            return null;
        }

        var set = new RecurrenceSet
        {
            Clocks = _clocks,
            Rules = [.. _rules],
            ExcludedRules = [.. _excludedRules],
            Dates = [.. _dates],
            ExcludedDates = [.. _excludedDates],
            ExcludedDays = [.. _excludedDays],
        };
        var budget = new SearchBudget(SearchBudget.OfAnAnswer);
        error = set.Next(-1, ref budget) is not null ? null
            : budget.IsSpent ? Refuse("rrule", GivenUp, "one that occurs more often")
            : Refuse("rrule", "it never occurs: no time on or after DTSTART matches that nothing excludes", "at least one occurrence");
        return error is null ? set : null;
    }

    private static string Refuse(string field, string problem, string expected) => new ScheduleFormatException(field, problem, expected).Message;
}
