using System.Diagnostics.CodeAnalysis;

namespace Runner.Actors.Scheduling;

/// <summary>Asks any schedule for its next occurrence, and tells one that never occurs again from one whose search was given up.</summary>
public static class ScheduleSearch
{
    /// <param name="next">As <see cref="ISchedule.Next"/> answers.</param>
    /// <param name="problem">Why the search was given up: it is not known whether there is another occurrence.</param>
    public static bool TryNext(this ISchedule schedule, DateTimeOffset after, out DateTimeOffset? next, [NotNullWhen(false)] out string? problem)
    {
        switch (schedule)
        {
            case RecurrenceSchedule recurrence:
                return recurrence.TryNext(after, out next, out problem);
            case EndingSchedule ending:
                return ending.TryNext(after, out next, out problem);
            case RememberingSchedule remembering:
                return remembering.TryNext(after, out next, out problem);
            default:
                problem = null;
                next = schedule?.Next(after);
                return true;
        }
    }
}
