using System.Globalization;

namespace Runner.Actors.Tests.Scheduling;

/// <summary>Reads an expression that is right, in the plainest way, for tests that hold an occurrence against its text.</summary>
internal static class CronText
{
    private static readonly string[] Months = ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    public static CronCase Read(string expression, bool dayOr)
    {
        var fields = Expand(expression).ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var five = fields[^5..];
        return new CronCase(
            fields.Length == 6 ? Field(fields[0], 0, 59, [], t => t.Second) : null,
            Field(five[0], 0, 59, [], t => t.Minute), Field(five[1], 0, 23, [], t => t.Hour), Field(five[2], 1, 31, [], t => t.Day),
            Field(five[3], 1, 12, Months, t => t.Month), Field(five[4], 0, 6, Days, t => (int)t.DayOfWeek), dayOr);
    }

    private static string Expand(string expression) => expression switch
    {
        "@hourly" => "0 * * * *",
        "@daily" or "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" or "@annually" => "0 0 1 1 *",
        _ => expression,
    };

    private static FieldCase Field(string text, int min, int max, string[] names, Func<DateTime, int> part)
    {
        var items = text.Split(',').Select(item => Shape(item, max == 31, names == Days) ?? Plain(item)).ToArray();
        var star = items.Any(item => !item.Restricts);
        return new FieldCase(text, t => items.Any(item => item.Allows(t)), !star, items.Any(item => item.Recurs));

        FieldCase Plain(string item)
        {
            var (body, step) = item.Split('/') is [var before, var after] ? (before, Number(after)) : (item, 1);
            var every = body is "*" or "?";
            var ends = body.Split('-');
            var first = every ? min : Value(ends[0]);
            var last = every ? max
                : ends.Length == 2 ? Value(ends[1]) : item.Contains('/', StringComparison.Ordinal) ? (names == Days ? 7 : max) : first;
            var values = new HashSet<int>();
            var value = names == Days && first == 7 && last != 7 ? 0 : first;
            for (var i = 0; ; i++)
            {
                if (i % step == 0)
                {
                    values.Add(names == Days ? value % 7 : value);
                }

                if (value == last)
                {
                    break;
                }

                value = value >= max && !(names == Days && last == 7 && value < 7) ? min : value + 1;
            }

            return new FieldCase(
                item, t => values.Contains(part(t)), !every || step > 1, every || item.Contains('/', StringComparison.Ordinal) || ends.Length == 2);
        }

        int Value(string word) => Array.IndexOf(names, word) is >= 0 and var index ? index : Number(word);
    }

    private static FieldCase? Shape(string item, bool isDate, bool isWeekday)
    {
        if (isDate && item.EndsWith('w') && item.Length > 1)
        {
            var target = Shape(item[..^1], true, false)?.Allows ?? (t => t.Day == Number(item[..^1]));
            return new FieldCase(item, t => CronCase.IsNearestTo(t, target), true, false);
        }

        if (isDate && item.StartsWith('l'))
        {
            var before = item.Length == 1 ? 0 : Number(item[2..]);
            return new FieldCase(item, t => CronCase.IsDayBeforeEnd(t, before), true, false);
        }

        if (isWeekday && item.Split('#') is [var name, var week])
        {
            return new FieldCase(item, t => IsDay(t, name) && (t.Day + 6) / 7 == Number(week), true, false);
        }

        return isWeekday && item.EndsWith('l')
            ? new FieldCase(item, t => item.Length == 1 ? IsDay(t, "6") : IsDay(t, item[..^1]) && t.AddDays(7).Month != t.Month, true, false)
            : null;
    }

    private static bool IsDay(DateTime day, string name) =>
        name == Days[(int)day.DayOfWeek] || (char.IsAsciiDigit(name[0]) && Number(name) % 7 == (int)day.DayOfWeek);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
