using System.Diagnostics.CodeAnalysis;
using Runner.Actors.Scheduling.Recurrence;

namespace Runner.Actors.Scheduling;

/// <summary>
/// A recurrence as iCalendar writes it (RFC 5545, 3.3.10 and 3.8.5): lines of DTSTART, RRULE, RDATE, EXDATE and EXRULE, or one bare
/// rule. <c>docs/recurrence.md</c> says how it is read where the RFC leaves a choice.
/// <para>
/// Rules go by the wall clocks of DTSTART's zone. A time that clocks skip is left out and not counted, one that they show twice
/// occurs the first time; so nothing is ever moved.
/// </para>
/// </summary>
public sealed class RecurrenceSchedule : ISchedule
{
    private readonly string _text;
    private readonly RecurrenceSet _set;

    private RecurrenceSchedule(string text, TimeZoneInfo zone, RecurrenceSet set)
    {
        _text = text;
        _set = set;
        Zone = zone;
    }

    /// <summary>Whose wall clocks the recurrence is about: DTSTART's zone, or else the schedule's.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>Reads a recurrence.</summary>
    /// <param name="text">Up to 6,500 characters.</param>
    /// <param name="zone">Of a DTSTART that names none.</param>
    /// <param name="error">For the person who wrote it: what is wrong, and where.</param>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, TimeZoneInfo zone, [NotNullWhen(true)] out RecurrenceSchedule? schedule,
        [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(zone);
        var set = RecurrenceReader.Read(text, ref zone, out error);
        schedule = set is null ? null : new RecurrenceSchedule(text!, zone, set);
        return schedule is not null;
    }

    /// <inheritdoc/>
    public DateTimeOffset? Next(DateTimeOffset after) => TryNext(after, out var next, out _) ? next : null;

    /// <inheritdoc/>
    public bool TryNext(DateTimeOffset after, out DateTimeOffset? next, [NotNullWhen(false)] out string? problem)
    {
        var budget = new SearchBudget(SearchBudget.OfAnAnswer);
        next = _set.Next(after.UtcTicks, ref budget) is { } utc ? new DateTimeOffset(utc, TimeSpan.Zero) : null;
        problem = next is null && budget.IsSpent
            ? $"rrule: the search for the next occurrence after {after.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ} was given up after "
                + $"{SearchBudget.OfAnAnswer} steps; use a rule that occurs more often, or give it an UNTIL"
            : null;
        return problem is null;
    }

    /// <inheritdoc/>
    public bool IsMoved(DateTimeOffset occurrence) => false;

    /// <summary>The text as it was written.</summary>
    public override string ToString() => _text;
}
