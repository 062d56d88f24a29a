using Runner.Messages;

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
            var d = EditDistance.Between(plain, Plain(candidate));
            if (d < distance)
            {
                (best, distance) = (candidate, d);
            }
        }

        return best is not null && distance <= Math.Max(1, Math.Min(plain.Length, Plain(best).Length) / 3) ? best : null;
    }

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
}
