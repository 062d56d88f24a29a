using Runner.Client;

namespace Runner.Host.Logs;

/// <summary>What the node does with <see cref="LogPosition"/>s.</summary>
internal static class LogPositions
{
    public const string Expected = "a position such as 1:120:0 (attempt:stdout offset:stderr offset)";

    /// <summary>Before the first byte of an attempt.</summary>
    public static LogPosition StartOf(int attempt) => new(attempt, 0, 0);

    /// <summary>A position as it was sent; null if it is none.</summary>
    public static LogPosition? Read(string text) =>
        LogPosition.TryParse(text, out var position) && position is { Attempt: >= 1, Stdout: >= 0, Stderr: >= 0 } ? position : null;

    public static LogPosition With(this LogPosition position, LogStream stream, long offset) =>
        stream == LogStream.Stdout ? position with { Stdout = offset } : position with { Stderr = offset };
}
