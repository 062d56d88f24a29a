using System.Globalization;

namespace Runner.Messages;

/// <summary>Instants as text in UTC, as RFC 3339 has them.</summary>
public static class InstantText
{
    private const string Seconds = "yyyy-MM-dd'T'HH:mm:ss";

    /// <summary>As exact as the instant is: a fraction only where there is one.</summary>
    public static string Utc(DateTimeOffset at) => at.ToUniversalTime().ToString(Seconds + ".FFFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>To the millisecond, always as long.</summary>
    public static string Milliseconds(DateTimeOffset at) => at.ToUniversalTime().ToString(Seconds + ".fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>As <see cref="Utc"/>, with the instant's own offset.</summary>
    public static string WithOffset(DateTimeOffset at) => at.ToString(Seconds + ".FFFFFFFzzz", CultureInfo.InvariantCulture);
}
