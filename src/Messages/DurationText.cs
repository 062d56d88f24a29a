using System.Globalization;
using System.Text;

namespace Runner.Messages;

/// <summary>
/// Durations as people write them: <c>500ms</c>, <c>10s</c>, <c>1h30m</c>, <c>2d</c>, <c>1w</c>; a number alone is seconds. A part may have a
/// fraction (<c>1.5h</c>); parts add up. Kept to the tick, 100 ns.
/// </summary>
public static class DurationText
{
    private static readonly System.Buffers.SearchValues<char> NumberCharacters = System.Buffers.SearchValues.Create("0123456789.");

    private static readonly (string Unit, long Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond), ("w", 7 * TimeSpan.TicksPerDay), ("d", TimeSpan.TicksPerDay),
        ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond),
    ];

    /// <summary>What a duration looks like, for error messages.</summary>
    public const string Expected = "a duration such as 500ms, 10s, 5m, 1h30m or 2d";

    /// <summary>Reads a duration of zero or more; false for anything else, however absurd.</summary>
    // In one piece: number and unit in turn, and each can end it.
    public static bool TryParse(string? text, out TimeSpan value)
    {
        value = default;
        var rest = (text ?? "").AsSpan().Trim();
        if (rest.IsEmpty)
        {
            return false;
        }

        decimal total = 0;
        var alone = true;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            var number = digits < 0 ? rest : rest[..digits];
            if (number.Length is 0 or > 20
                || !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
            {
                return false;
            }

            rest = rest[number.Length..];
            var ticks = rest.IsEmpty && alone ? TimeSpan.TicksPerSecond : TakeUnit(ref rest);
            if (ticks == 0)
            {
                return false;
            }

            // 20 digits times a week's ticks fits a decimal (28 digits) by the check of the sum below.
            if (amount > TimeSpan.MaxValue.Ticks / ticks)
            {
                return false;
            }

            total += amount * ticks;
            alone = false;
        }

        if (total > TimeSpan.MaxValue.Ticks)
        {
            return false;
        }

        value = new TimeSpan((long)total);
        return true;
    }

    /// <summary>The shortest text that <see cref="TryParse"/> reads as the same duration.</summary>
    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
        {
            return "0s";
        }

        // The least of all durations has no counterpart in 64 bits.
        var ticks = Int128.Abs(value.Ticks);
        var text = new StringBuilder(value < TimeSpan.Zero ? "-" : "");
        foreach (var (unit, size) in Units.OrderByDescending(u => u.Ticks))
        {
            if (unit is "w" or "ms" && (unit == "w" || ticks % size != 0))
            {
                continue;
            }

            var amount = ticks / size;
            if (unit == "s" && ticks % TimeSpan.TicksPerSecond is var rest && rest != 0 && rest % TimeSpan.TicksPerMillisecond != 0)
            {
                return text.Append(((decimal)ticks / size).ToString("0.#######", CultureInfo.InvariantCulture)).Append('s').ToString();
            }

            if (amount > 0)
            {
                text.Append(amount.ToString(CultureInfo.InvariantCulture)).Append(unit);
                ticks -= amount * size;
            }
        }

        return text.ToString();
    }

    private static long TakeUnit(ref ReadOnlySpan<char> rest)
    {
        foreach (var (unit, ticks) in Units)
        {
            if (rest.StartsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                rest = rest[unit.Length..];
                return ticks;
            }
        }

        return 0;
    }
}
