namespace Runner.Messages;

/// <summary>How far two words are apart: the one measure by which near names are guessed.</summary>
public static class EditDistance
{
    private const int LongestOnStack = 128;

    /// <summary>
    /// Letters to insert, delete or replace, and neighbours to swap, on the way from one word to the other (optimal string alignment). Case counts.
    /// The work is the product of the lengths.
    /// </summary>
    /// <param name="atMost">A distance beyond this is of no interest: it may be told as any number that is larger.</param>
    // In one piece: the three rows of one table are worked on together.
    public static int Between(ReadOnlySpan<char> a, ReadOnlySpan<char> b, int atMost = int.MaxValue - 1)
    {
        if (Math.Abs(a.Length - b.Length) > atMost)
        {
            return atMost + 1;
        }

        // Three rows of the table: the one before the last for swaps, the last, and this one.
        var width = b.Length + 1;
        Span<int> rows = b.Length <= LongestOnStack ? stackalloc int[3 * (LongestOnStack + 1)] : new int[3 * width];
        var earlier = rows[..width];
        var before = rows.Slice(width, width);
        var row = rows.Slice(2 * width, width);
        for (var j = 0; j < width; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var oldest = earlier;
            earlier = before;
            before = row;
            row = oldest;
            row[0] = i;
            var least = i;
            for (var j = 1; j < width; j++)
            {
                var edits = Math.Min(before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), Math.Min(before[j], row[j - 1]) + 1);
                var swaps = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                row[j] = swaps ? Math.Min(edits, earlier[j - 2] + 1) : edits;
                least = Math.Min(least, row[j]);
            }

            // A swap reaches back over one row; behind two that are beyond it nothing comes near again.
            if (least > atMost + 1)
            {
                return atMost + 1;
            }
        }

        return row[b.Length];
    }
}
