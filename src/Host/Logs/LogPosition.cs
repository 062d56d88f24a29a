using System.Globalization;

namespace Runner.Host.Logs;

/// <summary>The two streams of a program.</summary>
internal enum LogStream
{
    Stdout,
    Stderr,
}

/// <summary>A place in a run's output: everything before it has been delivered. As text <c>ATTEMPT:STDOUT-OFFSET:STDERR-OFFSET</c>.</summary>
/// <param name="Attempt">From 1.</param>
/// <param name="Stdout">Bytes delivered of the attempt's standard output.</param>
/// <param name="Stderr">Bytes delivered of the attempt's standard error.</param>
internal readonly record struct LogPosition(int Attempt, long Stdout = 0, long Stderr = 0)
{
    public const string Expected = "a position such as 1:120:0 (attempt:stdout offset:stderr offset)";

    public static LogPosition Start { get; } = new(1);

    public long Of(LogStream stream) => stream == LogStream.Stdout ? Stdout : Stderr;

    public LogPosition With(LogStream stream, long offset) =>
        stream == LogStream.Stdout ? this with { Stdout = offset } : this with { Stderr = offset };

    public static bool TryParse(string text, out LogPosition value)
    {
        value = default;
        var parts = text.Split(':');
        if (parts.Length != 3
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt) || attempt < 1
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var stdout)
            || !long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var stderr))
        {
            return false;
        }

        value = new LogPosition(attempt, stdout, stderr);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Attempt}:{Stdout}:{Stderr}");
}
