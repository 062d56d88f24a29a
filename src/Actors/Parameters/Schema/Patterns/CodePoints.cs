using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Runner.Actors.Parameters.Schema.Patterns;

/// <summary>A set of Unicode code points: ranges in order that neither touch nor overlap.</summary>
internal sealed class CodePoints
{
    private const int Last = 0x10FFFF;
    private static readonly ConcurrentDictionary<string, CodePoints> Categories = new(StringComparer.Ordinal);

    private readonly ImmutableArray<(int From, int To)> _ranges;

    private CodePoints(ImmutableArray<(int From, int To)> ranges) => _ranges = ranges;

    public static CodePoints Nothing { get; } = Of([]);

    /// <summary>ECMA-262's <c>.</c>: everything that ends no line.</summary>
    public static CodePoints NoLineEnd { get; } = Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)).Others;

    public static CodePoints Digits { get; } = Of(('0', '9'));

    public static CodePoints Word { get; } = Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));

    /// <summary>ECMA-262's white space and line ends.</summary>
    public static CodePoints Space { get; } = Of(
        ('\t', '\r'), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F),
        (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    /// <summary>Every code point that is not in it.</summary>
    public CodePoints Others
    {
        get
        {
            var others = ImmutableArray.CreateBuilder<(int, int)>(_ranges.Length + 1);
            var next = 0;
            foreach (var (from, to) in _ranges)
            {
                if (from > next)
                {
                    others.Add((next, from - 1));
                }

                next = to + 1;
            }

            if (next <= Last)
            {
                others.Add((next, Last));
            }

            return new CodePoints(others.DrainToImmutable());
        }
    }

    public bool IsEmpty => _ranges.IsEmpty;

    public static CodePoints Of(params ReadOnlySpan<(int From, int To)> ranges)
    {
        var sorted = ranges.ToArray();
        Array.Sort(sorted);
        var merged = ImmutableArray.CreateBuilder<(int From, int To)>(sorted.Length);
        foreach (var (from, to) in sorted)
        {
            if (merged.Count > 0 && from <= merged[^1].To + 1)
            {
                merged[^1] = (merged[^1].From, Math.Max(merged[^1].To, to));
            }
            else
            {
                merged.Add((from, to));
            }
        }

        return new CodePoints(merged.DrainToImmutable());
    }

    public static CodePoints Union(IEnumerable<CodePoints> sets) => Of([.. sets.SelectMany(s => s._ranges)]);

    /// <summary>What <c>\p{…}</c> names: a general category by its short or long name, Any, ASCII or Assigned; null for any other.</summary>
    public static CodePoints? Property(string name)
    {
        if (Categories.TryGetValue(name, out var known))
        {
            return known;
        }

        var set = name switch
        {
            "Any" => Of((0, Last)),
            "ASCII" => Of((0, 0x7F)),
            "Assigned" => Property("Cn")!.Others,
            _ when UnicodeCategories.Of(name) is { IsEmpty: false } categories => Scan(categories),
            _ => null,
        };
        return set is null ? null : Categories.GetOrAdd(name, set);
    }

    /// <summary>A .NET pattern that matches one of these code points in UTF-16.</summary>
    /// <param name="astral">Whether those above U+FFFF may occur; without them a class is enough.</param>
    public void Write(StringBuilder pattern, bool astral)
    {
        if (_ranges is [var (only, same)] && only == same && only is < 0xD800 or (> 0xDFFF and <= 0xFFFF))
        {
            _ = only < 0x80 && char.IsAsciiLetterOrDigit((char)only) ? pattern.Append((char)only)
                : pattern.Append(CultureInfo.InvariantCulture, $"\\u{only:X4}");
            return;
        }

        var narrow = new StringBuilder();
        var wide = new StringBuilder();
        foreach (var (from, to) in _ranges)
        {
            // Halves of pairs are no characters, and no text that is checked has them alone.
            WriteUnits(narrow, from, Math.Min(to, 0xD7FF));
            WriteUnits(narrow, Math.Max(from, 0xE000), Math.Min(to, 0xFFFF));
            if (astral)
            {
                WritePairs(wide, Math.Max(from, 0x10000), to);
            }
        }

        // .NET has no empty class; this one is every character but all.
        var single = narrow.Length == 0 ? @"[^\0-\uFFFF]" : $"[{narrow}]";
        _ = wide.Length == 0 ? pattern.Append(single) : pattern.Append("(?:").Append(single).Append(wide).Append(')');
    }

    private static void WriteUnits(StringBuilder to, int first, int last)
    {
        if (first <= last)
        {
            to.Append(CultureInfo.InvariantCulture, $"\\u{first:X4}");
            if (last > first)
            {
                to.Append(CultureInfo.InvariantCulture, $"-\\u{last:X4}");
            }
        }
    }

    /// <summary>Alternatives of a high half, or a range of them, and the low halves behind it.</summary>
    private static void WritePairs(StringBuilder to, int first, int last)
    {
        while (first <= last)
        {
            var (high, low) = (0xD800 + ((first - 0x10000) >> 10), 0xDC00 + ((first - 0x10000) & 0x3FF));
            var endHigh = 0xD800 + ((last - 0x10000) >> 10);
            var endLow = 0xDC00 + ((last - 0x10000) & 0x3FF);
            // Whole rows of 1,024 go together; a row that is begun or ended in its middle stands alone.
            var lastWhole = endLow == 0xDFFF ? endHigh : endHigh - 1;
            if (low == 0xDC00 && lastWhole >= high)
            {
                to.Append(CultureInfo.InvariantCulture, $"|[\\u{high:X4}-\\u{lastWhole:X4}][\\uDC00-\\uDFFF]");
                first = 0x10000 + ((lastWhole - 0xD800 + 1) << 10);
            }
            else
            {
                var to2 = high == endHigh ? endLow : 0xDFFF;
                to.Append(CultureInfo.InvariantCulture, $"|\\u{high:X4}[\\u{low:X4}-\\u{to2:X4}]");
                first = 0x10000 + ((high - 0xD800) << 10) + (to2 - 0xDC00) + 1;
            }
        }
    }

    private static CodePoints Scan(ImmutableArray<UnicodeCategory> categories)
    {
        var ranges = new List<(int, int)>();
        var start = -1;
        for (var point = 0; point <= Last + 1; point++)
        {
            var inside = point <= Last && categories.Contains(CharUnicodeInfo.GetUnicodeCategory(point));
            if (inside && start < 0)
            {
                start = point;
            }
            else if (!inside && start >= 0)
            {
                ranges.Add((start, point - 1));
                start = -1;
            }
        }

        return Of([.. ranges]);
    }
}
