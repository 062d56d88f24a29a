using System.Diagnostics.CodeAnalysis;

namespace Runner.Actors.Scheduling;

/// <summary>A recurrence as iCalendar writes it (RFC 5545, 3.3.10 and 3.8.5).</summary>
public sealed class RecurrenceSchedule : ISchedule
{
    private RecurrenceSchedule(TimeZoneInfo zone) => Zone = zone;

    /// <summary>Whose wall clocks the recurrence is about: DTSTART's zone, or else the schedule's.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>Reads a recurrence.</summary>
    /// <param name="zone">Of a DTSTART that names none.</param>
    /// <param name="error">For the person who wrote it: what is wrong, and where.</param>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, TimeZoneInfo zone, [NotNullWhen(true)] out RecurrenceSchedule? schedule, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(zone);
        schedule = null;
        error = "rrule: recurrence rules cannot be read yet";
        return false;
    }

    /// <inheritdoc/>
    public DateTimeOffset? Next(DateTimeOffset after) => TryNext(after, out var next, out _) ? next : null;

    /// <summary>As <see cref="Next"/>, but says when the search was given up.</summary>
    public bool TryNext(DateTimeOffset after, out DateTimeOffset? next, [NotNullWhen(false)] out string? problem)
    {
        (next, problem) = (null, Zone is null ? "rrule: there is no zone" : null);
        return problem is null;
    }

    /// <inheritdoc/>
    public bool IsMoved(DateTimeOffset occurrence) => false;
}
