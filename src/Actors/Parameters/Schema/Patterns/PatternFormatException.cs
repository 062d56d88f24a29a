namespace Runner.Actors.Parameters.Schema.Patterns;

/// <summary>A text is no regular expression of ECMA-262; the message says what is wrong with it, and where.</summary>
internal sealed class PatternFormatException(int at, string problem) : FormatException($"at character {at + 1}: {problem}");
