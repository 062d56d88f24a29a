using System.Globalization;

namespace Runner.Cli.Terminal;

/// <summary>Instants and durations as people read them: local time, and how far that is from now.</summary>
public sealed class Times(TimeProvider time)
{
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary><c>2026-01-31 04:00:00</c>, in this machine's time zone.</summary>
    public string Local(DateTimeOffset at) => InZone(at).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary><c>2026-01-31 04:00:00.123</c>, in this machine's time zone.</summary>
    public string Exact(DateTimeOffset at) => InZone(at).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    /// <summary><c>in 3 h 20 min</c>, <c>2 min ago</c>, <c>now</c>.</summary>
    public string Relative(DateTimeOffset at)
    {
        var distance = at - Now;
        if (distance.Duration() < TimeSpan.FromSeconds(1))
        {
            return "now";
        }

        // Rounded to whole seconds, so that «in 10 s» does not read «in 9 s» a millisecond later.
        var rounded = TimeSpan.FromSeconds(Math.Round(distance.Duration().TotalSeconds));
        return distance > TimeSpan.Zero ? $"in {Coarse(rounded)}" : $"{Coarse(rounded)} ago";
    }

    /// <summary>Local time and the distance: <c>2026-01-31 04:00:00 (in 3 h 20 min)</c>.</summary>
    public string Both(DateTimeOffset at) => $"{Local(at)} ({Relative(at)})";

    /// <summary>How long something took: <c>345 ms</c>, <c>2.1 s</c>, <c>3 min 20 s</c>, <c>2 d 4 h</c>.</summary>
    public static string Length(TimeSpan length)
    {
        length = length < TimeSpan.Zero ? TimeSpan.Zero : length;
        return length.TotalSeconds switch
        {
            < 0.9995 => string.Create(CultureInfo.InvariantCulture, $"{length.TotalMilliseconds:0} ms"),
            < 59.95 => string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds:0.0} s"),
            _ => Coarse(TimeSpan.FromSeconds(Math.Round(length.TotalSeconds))),
        };
    }

    private static string Coarse(TimeSpan whole)
    {
        var (large, largeUnit, small, smallUnit) = whole switch
        {
            { TotalDays: >= 1 } => ((long)whole.TotalDays, "d", whole.Hours, "h"),
            { TotalHours: >= 1 } => ((long)whole.TotalHours, "h", whole.Minutes, "min"),
            { TotalMinutes: >= 1 } => ((long)whole.TotalMinutes, "min", whole.Seconds, "s"),
            _ => ((long)whole.TotalSeconds, "s", 0, ""),
        };
        return small == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{large} {largeUnit}")
            : string.Create(CultureInfo.InvariantCulture, $"{large} {largeUnit} {small} {smallUnit}");
    }

    private DateTimeOffset InZone(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, time.LocalTimeZone);
}
