using System.Globalization;
using Runner.Hocon.Syntax;

namespace Runner.Hocon.Values;

/// <summary>A number and a unit: durations and sizes.</summary>
internal static class Units
{
    private const string Durations = "a duration such as 500 ms: a number and ns, us, ms, s, m, h or d, or such a unit's name";
    private const string Sizes = "a size such as 512 KiB: a number from 0 and a unit such as B, kB, KiB, MB or MiB";

    /// <summary>In ticks of 100 ns.</summary>
    private static readonly Unit[] DurationUnits =
    [
        new(0.01m, "ns nano nanos nanosecond nanoseconds"),
        new(10m, "us micro micros microsecond microseconds"),
        new(TimeSpan.TicksPerMillisecond, "ms milli millis millisecond milliseconds"),
        new(TimeSpan.TicksPerSecond, "s second seconds"),
        new(TimeSpan.TicksPerMinute, "m minute minutes"),
        new(TimeSpan.TicksPerHour, "h hour hours"),
        new(TimeSpan.TicksPerDay, "d day days"),
    ];

    private static readonly Unit[] SizeUnits =
        [new(1m, "B b byte bytes"), .. Powers(1000, "kMGTPEZY", binary: false), .. Powers(1024, "KMGTPEZY", binary: true)];

    public static TimeSpan ToDuration(HoconScalar value)
    {
        var (number, unit) = Split(value, Durations);
        return Find(DurationUnits, unit.Length == 0 ? "ms" : unit) is { } found
            ? TimeSpan.FromTicks(Multiply(value, number, found.Factor, Durations))
            : throw Conversions.Unfit(value, Durations);
    }

    public static long ToSize(HoconScalar value)
    {
        var (number, unit) = Split(value, Sizes);
        return number >= 0 && Find(SizeUnits, unit.Length == 0 ? "B" : unit) is { } found
            ? Multiply(value, number, found.Factor, Sizes)
            : throw Conversions.Unfit(value, Sizes);
    }

    private static (decimal Number, string Unit) Split(HoconScalar value, string expected)
    {
        var text = Trim(value.Text);
        var end = text.Length;
        while (end > 0 && char.IsLetter(text[end - 1]))
        {
            end--;
        }

        var number = Trim(text[..end]);
        return value.Kind is HoconKind.Number or HoconKind.String && Numbers.IsNumber(number)
            && decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed)
                ? (parsed, text[end..])
                : throw Conversions.Unfit(value, expected);
    }

    private static long Multiply(HoconScalar value, decimal number, decimal factor, string expected)
    {
        try
        {
            return decimal.ToInt64(decimal.Truncate(number * factor));
        }
        catch (OverflowException e)
        {
            throw new HoconException(value.Origin, $"{value.ToJson()} is too large", expected, e);
        }
    }

    private static string Trim(string text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && Cursor.IsSpace(text[start]))
        {
            start++;
        }

        while (end > start && Cursor.IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    private static IEnumerable<Unit> Powers(int step, string letters, bool binary)
    {
        string[] names = binary
            ? ["kibibyte", "mebibyte", "gibibyte", "tebibyte", "pebibyte", "exbibyte", "zebibyte", "yobibyte"]
            : ["kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte", "exabyte", "zettabyte", "yottabyte"];
        var factor = 1m;
        for (var i = 0; i < names.Length; i++)
        {
            factor *= step;
            var letter = letters[i];
            yield return new(
                factor, $"{names[i]} {names[i]}s {(binary ? $"{letter} {char.ToLowerInvariant(letter)} {letter}i {letter}iB" : $"{letter}B")}");
        }
    }

    private static Unit? Find(Unit[] units, string name) => Array.Find(units, unit => unit.Names.Split(' ').Contains(name));

    /// <summary>A class and no tuple: collections of decimals would have to be compiled at each start.</summary>
    private sealed record Unit(decimal Factor, string Names);
}
