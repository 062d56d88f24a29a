namespace Runner.Persistence;

/// <summary>The order of a scalar column's values in every store: nulls first, then by number, or by text as <see cref="Utf8Order"/> says.</summary>
internal static class ValueOrder
{
    public static int Compare(object? x, object? y) => (x, y) switch
    {
        (null, null) => 0,
        (null, _) => -1,
        (_, null) => 1,
        (long a, long b) => a.CompareTo(b),
        _ => Utf8Order.Instance.Compare((string)x, (string)y),
    };
}
