namespace Runner.Actors.Scheduling;

/// <summary>What one position of a cron expression may hold.</summary>
/// <param name="Name">As error messages call it.</param>
/// <param name="Min">The smallest number.</param>
/// <param name="Max">The largest number a <c>*</c> stands for; <c>day-of-week</c> also takes 7, which is Sunday again.</param>
/// <param name="Words">Names for numbers from <paramref name="Min"/> on, in full; their first three letters will do.</param>
internal sealed record CronField(string Name, int Min, int Max, params string[] Words)
{
    public static readonly CronField Second = new("second", 0, 59);
    public static readonly CronField Minute = new("minute", 0, 59);
    public static readonly CronField Hour = new("hour", 0, 23);
    public static readonly CronField DayOfMonth = new("day-of-month", 1, 31) { IsDay = true, Shapes = ", or L, L-3 (to L-30), LW, 15W" };
    public static readonly CronField Month = new("month", 1, 12, "january", "february", "march", "april", "may", "june",
        "july", "august", "september", "october", "november", "december");
    public static readonly CronField DayOfWeek = new("day-of-week", 0, 6, "sunday", "monday", "tuesday", "wednesday",
        "thursday", "friday", "saturday")
    { IsDay = true, WrapsAt = 7, Shapes = ", with L (friL) for the month's last or #2 (fri#2) for its second" };

    /// <summary>One of the two day fields, where <c>?</c> says «the other one decides».</summary>
    public bool IsDay { get; private init; }

    /// <summary>How many different values there are.</summary>
    public int Count => Max - Min + 1;

    /// <summary>One more number that is read as <see cref="Min"/>, or null.</summary>
    public int? WrapsAt { get; private init; }

    /// <summary>The ways of writing a value that this field alone has, for messages.</summary>
    public string Shapes { get; private init; } = "";

    /// <summary>What a single value may look like, for messages.</summary>
    public string Expected => Words.Length == 0
        ? $"a number from {Min} to {Max}{Shapes}"
        : $"a number from {Min} to {WrapsAt ?? Max} or a name from {Words[0][..3]} to {Words[^1][..3]}{Shapes}";

    /// <summary>Reads one value: a number in range or a name in any case.</summary>
    public bool TryRead(ReadOnlySpan<char> text, out int value)
    {
        for (value = 0; value < Words.Length; value++)
        {
            var word = Words[value];
            if (text.Equals(word, StringComparison.OrdinalIgnoreCase) || text.Equals(word.AsSpan(0, 3), StringComparison.OrdinalIgnoreCase))
            {
                value += Min;
                return true;
            }
        }

        return TryReadNumber(text, out value) && value >= Min && value <= (WrapsAt ?? Max);
    }

    /// <summary>Reads a plain number of up to four digits: no sign, no spaces.</summary>
    public static bool TryReadNumber(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        return text.Length is > 0 and <= 4;
    }
}
