namespace Runner.Persistence;

/// <summary>
/// The order of text in every store: that of its UTF-8 bytes, which is the order of code points. SQLite compares so, and PostgreSQL
/// does with the collation "C"; comparing UTF-16 units would differ above U+D800.
/// </summary>
internal sealed class Utf8Order : IComparer<string>
{
    public static Utf8Order Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        }

        int shared = x.AsSpan().CommonPrefixLength(y);
        return shared == x.Length || shared == y.Length
            ? x.Length.CompareTo(y.Length)
            : Rank(x[shared]).CompareTo(Rank(y[shared]));
    }

    // Surrogates stand for code points above all others, so they rank above U+E000..U+FFFF.
    private static int Rank(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
}
