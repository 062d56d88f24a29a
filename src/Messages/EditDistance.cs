namespace Runner.Messages;

/// <summary>How far two words are apart: the one measure by which near names are guessed.</summary>
public static class EditDistance
{
    /// <summary>
    /// Letters to insert, delete or replace, and neighbours to swap, on the way from one word to the other (optimal string alignment). Case counts.
    /// The work is the product of the lengths.
    /// </summary>
    public static int Between(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        // Three rows of the table: this one, the one before, and the one before that for swaps.
        var rows = new int[3, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            var (row, before, earlier) = (i % 3, (i + 2) % 3, (i + 1) % 3);
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[row, j] = i + j;
                    continue;
                }

                var replaced = rows[before, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                var least = Math.Min(replaced, Math.Min(rows[before, j], rows[row, j - 1]) + 1);
                var swaps = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                rows[row, j] = swaps ? Math.Min(least, rows[earlier, j - 2] + 1) : least;
            }
        }

        return rows[a.Length % 3, b.Length];
    }
}
