using System.Globalization;
using Runner.Messages;

namespace Runner.Client;

/// <summary>Instants as RFC 3339 writes them: a date, a time and an offset from UTC; nothing is guessed. They are read to 100 nanoseconds.</summary>
public static class Instants
{
    /// <summary>What an instant looks like, for error messages.</summary>
    public const string Expected = "an instant with its offset from UTC, such as 2026-01-31T04:00:00Z or 2026-01-31T04:00:00+01:00";

    private const int KeptDigits = 7;

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:sszzz",
    ];

    /// <summary>Reads an instant; false for anything else. The result is in UTC.</summary>
    public static bool TryParse(string? text, out DateTimeOffset instant)
    {
        instant = default;
        if (text is null || text.Length is < 20 or > 40)
        {
            return false;
        }

        // RFC 3339 lets T and Z be small, and a space stand for the T.
        var normal = text.ToUpperInvariant();
        normal = normal[10] == ' ' ? string.Concat(normal.AsSpan(0, 10), "T", normal.AsSpan(11)) : normal;
        normal = normal.EndsWith('Z') ? string.Concat(normal.AsSpan(0, normal.Length - 1), "+00:00") : normal;
        normal = Shortened(normal);
        if (normal.Length < 25 || normal[^6] is not ('+' or '-') || (normal[19] == '.' && !char.IsAsciiDigit(normal[20]))
            || !DateTimeOffset.TryParseExact(normal, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed))
        {
            return false;
        }

        instant = parsed.ToUniversalTime();
        return true;
    }

    /// <summary>Without the digits of nanoseconds, which others write (Go's RFC3339Nano) and .NET cannot keep.</summary>
    private static string Shortened(string text)
    {
        var digits = text.AsSpan(19).StartsWith(".") ? text.AsSpan(20).IndexOfAnyExceptInRange('0', '9') : 0;
        return digits > KeptDigits ? text.Remove(20 + KeptDigits, digits - KeptDigits) : text;
    }

    /// <summary>An instant in UTC to the millisecond, always as long.</summary>
    public static string Milliseconds(DateTimeOffset instant) => InstantText.Milliseconds(instant);

    /// <summary>The text that <see cref="TryParse"/> reads as the same instant, in UTC.</summary>
    public static string Format(DateTimeOffset instant) => InstantText.Utc(instant);
}
