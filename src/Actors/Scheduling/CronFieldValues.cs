namespace Runner.Actors.Scheduling;

/// <summary>What one field of a cron expression allows.</summary>
/// <param name="Set">The plain values, as bits.</param>
/// <param name="Dates">What else a day-of-month field allows.</param>
/// <param name="Weekdays">What else a day-of-week field allows.</param>
/// <param name="Restricts">False for <c>*</c> and <c>?</c>, which leave the choice to the other fields.</param>
/// <param name="Recurs">Written with <c>*</c>, a range or a step: a rhythm and not a list of times.</param>
internal readonly record struct CronFieldValues(ulong Set, CronDates Dates, CronWeekdays Weekdays, bool Restricts, bool Recurs)
{
    /// <summary>Reads a whole field: a list of values, ranges and steps. Null, and an error, when it has no meaning.</summary>
    public static CronFieldValues? Read(CronField field, string text, out ScheduleFormatException? error)
    {
        error = null;
        if (text == "?" && field.IsDay)
        {
            return Plain(Run(field, field.Min, field.Max, 1), restricts: false, recurs: true);
        }

        var all = Plain(0, restricts: true, recurs: false);
        foreach (var item in text.AsSpan().Split(','))
        {
            if (ReadItem(field, text.AsSpan(item), out error) is not { } values)
            {
                return null;
            }

            all = new CronFieldValues(
                all.Set | values.Set, all.Dates | values.Dates, all.Weekdays | values.Weekdays, all.Restricts && values.Restricts,
                all.Recurs || values.Recurs);
        }

        return all;
    }

    /// <summary>Says that <paramref name="text"/>, a part of <paramref name="item"/> or all of it, is no value of the field.</summary>
    public static ScheduleFormatException NoValue(CronField field, ReadOnlySpan<char> text, ReadOnlySpan<char> item)
    {
        var what = text.IsEmpty ? "a value is missing" : $"{ScheduleFormatException.Quote(text)} is not one of its values";
        var where = text.Length == item.Length ? "" : $" in {ScheduleFormatException.Quote(item)}";
        return new ScheduleFormatException(field.Name, what + where, field.Expected);
    }

    private static CronFieldValues Plain(ulong set, bool restricts, bool recurs) => new(set, default, default, restricts, recurs);

    private static CronFieldValues? ReadItem(CronField field, ReadOnlySpan<char> item, out ScheduleFormatException? error)
    {
        var shape = ReadShape(field, item, out error);
        if (shape is not null || error is not null)
        {
            return shape;
        }

        var slash = item.IndexOf('/');
        var body = slash < 0 ? item : item[..slash];
        var step = 1;
        error = slash < 0 ? null : ReadStep(field, item[(slash + 1)..], out step);
        if (error is not null)
        {
            return null;
        }

        if (body is "*")
        {
            // Every value is no restriction, however it is reached: cron itself and croniter take */1 for *.
            return Plain(Run(field, field.Min, field.Max, step), restricts: step > 1, recurs: true);
        }

        var dash = body.IndexOf('-');
        error = ReadValue(field, dash < 0 ? body : body[..dash], item, out var first);
        var last = slash < 0 ? first : field.WrapsAt ?? field.Max;
        if (dash >= 0)
        {
            error ??= ReadValue(field, body[(dash + 1)..], item, out last);
        }

        return error is null ? Plain(Run(field, first, last, step), restricts: true, recurs: dash >= 0 || slash >= 0) : null;
    }

    /// <summary>The ways of naming days that have no plain number. Null with no error: the item is written in no such way.</summary>
    private static CronFieldValues? ReadShape(CronField field, ReadOnlySpan<char> item, out ScheduleFormatException? error)
    {
        error = null;
        var dates = field == CronField.DayOfMonth ? CronDates.Read(item, out error) : null;
        var weekdays = field == CronField.DayOfWeek ? CronWeekdays.Read(item, out error) : null;
        return dates is null && weekdays is null
            ? null
            : new CronFieldValues(0, dates.GetValueOrDefault(), weekdays.GetValueOrDefault(), Restricts: true, Recurs: false);
    }

    /// <summary>
    /// Every <paramref name="step"/>th value from first to last, past the end of the field and on from its start when last comes first.
    /// </summary>
    private static ulong Run(CronField field, int first, int last, int step)
    {
        // Sunday as the end of a range comes after Saturday, as its start before Monday.
        (first, last) = first == field.WrapsAt ? (field.Min, last == first ? field.Min : last) : (first, last);
        var length = last >= first ? last - first : last - first + field.Count;
        var set = 0UL;
        for (var i = 0; i <= length; i += step)
        {
            set |= 1UL << field.Min + (first - field.Min + i) % field.Count;
        }

        return set;
    }

    private static ScheduleFormatException? ReadStep(CronField field, ReadOnlySpan<char> text, out int step) =>
        CronField.TryReadNumber(text, out step) && step >= 1 && step <= field.Count
            ? null
            : new ScheduleFormatException(
                field.Name, $"the step {ScheduleFormatException.Quote(text)} cannot be used", $"a number from 1 to {field.Count} after '/'");

    private static ScheduleFormatException? ReadValue(CronField field, ReadOnlySpan<char> text, ReadOnlySpan<char> item, out int value) =>
        field.TryRead(text, out value) ? null : NoValue(field, text, item);
}
