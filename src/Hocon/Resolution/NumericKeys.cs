using System.Globalization;

namespace Runner.Hocon.Resolution;

/// <summary>Objects that stand for lists.</summary>
internal static class NumericKeys
{
    /// <summary>The keys that are whole numbers from 0, by number; others are left out.</summary>
    public static IReadOnlyList<string> Sort(IEnumerable<string> keys) =>
        [.. keys.Select(k => (Key: k, Index: IndexOf(k))).Where(k => k.Index >= 0).OrderBy(k => k.Index).Select(k => k.Key)];

    private static int IndexOf(string key) => int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1;
}
