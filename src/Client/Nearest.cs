namespace Runner.Client;

/// <summary>Guesses what a misspelt name was meant to be.</summary>
public static class Nearest
{
    /// <summary>The known name a typing error or another spelling away (<c>maxDelay</c> for <c>max_delay</c>); null if none is near.</summary>
    public static string? To(string name, IEnumerable<string> known)
    {
        // Longer names than any known one by far are not worth a table of that size.
        if (name.Length > 64)
        {
            return null;
        }

        var plain = Plain(name);
        var (best, distance) = ((string?)null, int.MaxValue);
        foreach (var candidate in known)
        {
            var d = Distance(plain, Plain(candidate));
            if (d < distance)
            {
                (best, distance) = (candidate, d);
            }
        }

        return best is not null && distance <= Math.Max(1, Math.Min(plain.Length, Plain(best).Length) / 3) ? best : null;
    }

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>Insertions, deletions, replacements and swaps of neighbours between two words.</summary>
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                var replaced = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(replaced, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
