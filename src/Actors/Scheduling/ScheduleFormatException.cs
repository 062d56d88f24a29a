namespace Runner.Actors.Scheduling;

/// <summary>
/// A schedule was written in a way that has no meaning, or could never occur. The message is for the person who wrote it:
/// <c>field: what is wrong; expected what would be right</c>.
/// </summary>
/// <param name="field">The part that is wrong: <c>minute</c>, <c>day-of-week</c>, <c>interval</c>, or <c>expression</c> for the whole.</param>
/// <param name="problem">What is wrong with it, quoting what was written.</param>
/// <param name="expected">What would be accepted in its place.</param>
public sealed class ScheduleFormatException(string field, string problem, string expected)
    : FormatException($"{field}: {problem}; expected {expected}")
{
    private const int LongestQuote = 40;

    /// <summary>The part that is wrong.</summary>
    public string Field { get; } = field;

    /// <summary>What would be accepted in its place.</summary>
    public string Expected { get; } = expected;

    /// <summary>A user's text as it may stand in a message: short, on one line, in quotes.</summary>
    internal static string Quote(ReadOnlySpan<char> text)
    {
        Span<char> shown = stackalloc char[Math.Min(text.Length, LongestQuote)];
        for (var i = 0; i < shown.Length; i++)
        {
            // Lone halves of surrogate pairs would not survive encoding, control characters would break a log line.
            shown[i] = char.IsControl(text[i]) || char.IsSurrogate(text[i]) ? '?' : text[i];
        }

        return text.Length > LongestQuote ? $"'{shown}…'" : $"'{shown}'";
    }
}
