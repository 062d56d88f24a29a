using System.Numerics;

namespace Runner.Actors.Scheduling.Recurrence;

/// <summary>Reads the values of rule parts. Each answers null and a refusal that names the part when a value has no meaning.</summary>
internal static class RuleParts
{
    public const string Weekdays = "SU, MO, TU, WE, TH, FR or SA";

    private static readonly string[] WeekdayNames = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

    /// <summary>A list of plain numbers, as bits. 64 or more is beyond it.</summary>
    public static ulong? ReadBits(string part, string value, int min, int max, out string? error)
    {
        error = null;
        ulong bits = 0;
        foreach (var item in value.AsSpan().Split(','))
        {
            if (!CronField.TryReadNumber(value.AsSpan(item), out var number) || number < min || number > max)
            {
                error = Refuse(part, value.AsSpan(item), $"numbers from {min} to {max}, separated by commas");
                return null;
            }

            bits |= 1UL << number;
        }

        return bits;
    }

    /// <summary>A list of numbers from 1 to <paramref name="max"/> with or without a sign.</summary>
    public static SignedSet? ReadSigned(string part, string value, int max, out string? error)
    {
        error = null;
        var numbers = new List<int>();
        foreach (var item in value.AsSpan().Split(','))
        {
            var text = value.AsSpan(item);
            if (!TryReadSigned(text, max, out var number))
            {
                error = Refuse(part, text, $"numbers from 1 to {max} or -{max} to -1, separated by commas");
                return null;
            }

            numbers.Add(number);
        }

        return new SignedSet(numbers, max);
    }

    /// <summary>A list of weekdays, each with or without a number before it.</summary>
    public static WeekdaySet? ReadWeekdays(string part, string value, out string? error)
    {
        error = null;
        var set = new WeekdaySet();
        foreach (var item in value.AsSpan().Split(','))
        {
            var text = value.AsSpan(item);
            var number = 0;
            if (text.Length < 2 || WeekdayOf(text[^2..]) is not (>= 0 and var weekday)
                || (text.Length > 2 && !TryReadSigned(text[..^2], 53, out number)))
            {
                error = Refuse(
                    part, text, $"weekdays ({Weekdays}), each with or without a number before it from 1 to 53 or -53 to -1, separated by commas");
                return null;
            }

            set.Add(weekday, number);
        }

        return set;
    }

    /// <summary>A number from 1 on.</summary>
    public static int? ReadCount(string part, string value, out string? error)
    {
        var digits = value.AsSpan().TrimStart('0');
        var isNumber = digits.Length is > 0 and <= 10 && !digits.ContainsAnyExceptInRange('0', '9');
        error = isNumber && long.Parse(digits, provider: null) <= int.MaxValue ? null
            : Refuse(part, value, $"a whole number from 1 to {int.MaxValue}");
        return error is null ? (int)long.Parse(digits, provider: null) : null;
    }

    /// <summary>0 (Sunday) to 6 for a weekday's two letters, in any case; else -1.</summary>
    public static int WeekdayOf(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < WeekdayNames.Length; i++)
        {
            if (text.Equals(WeekdayNames[i], StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>A leap second is the last second of its minute here, as clocks here do not have it (3.3.12).</summary>
    public static ulong WithoutLeapSecond(ulong seconds) =>
        BitOperations.PopCount(seconds >> 60) == 0 ? seconds : (seconds | 1UL << 59) & TimesOfDay.Sixty;

    /// <summary>The refusal of a value.</summary>
    public static string Refuse(string part, ReadOnlySpan<char> value, string expected) =>
        new ScheduleFormatException(
            part, value.IsEmpty ? "a value is missing" : $"{ScheduleFormatException.Quote(value)} is not one of its values", expected).Message;

    private static bool TryReadSigned(ReadOnlySpan<char> text, int max, out int number)
    {
        var sign = text.Length > 0 && text[0] is '+' or '-' ? text[0] : '\0';
        var valid = CronField.TryReadNumber(sign == '\0' ? text : text[1..], out number) && number >= 1 && number <= max;
        number = sign == '-' ? -number : number;
        return valid;
    }
}
