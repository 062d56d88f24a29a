namespace Runner.Hocon;

/// <summary>
/// A text is not HOCON, cannot be resolved, or does not hold what was asked for: the one exception this library throws for what is written in files.
/// The message is a sentence that begins with <c>file:line:column</c>.
/// </summary>
public sealed class HoconException : Exception
{
    /// <param name="origin">Where.</param>
    /// <param name="problem">What is wrong there, without a full stop.</param>
    /// <param name="expected">What could have stood there; null where nothing could.</param>
    public HoconException(HoconOrigin origin, string problem, string? expected = null, Exception? inner = null)
        : base($"{origin}: {Sentence(problem, expected)}", inner)
    {
        Origin = origin;
        Problem = problem;
        Expected = expected;
    }

    public HoconOrigin Origin { get; }

    /// <summary>What is wrong, without a full stop.</summary>
    public string Problem { get; }

    /// <summary>What could have stood there, if anything.</summary>
    public string? Expected { get; }

    /// <summary>The message without its place.</summary>
    public string Text => Sentence(Problem, Expected);

    /// <summary>The file, or what else the text came from.</summary>
    public string File => Origin.File;

    /// <summary>From 1; 0 where lines mean nothing.</summary>
    public int Line => Origin.Line;

    /// <summary>From 1; 0 where columns mean nothing.</summary>
    public int Column => Origin.Column;

    private static string Sentence(string problem, string? expected) => expected is null ? $"{problem}." : $"{problem}; expected {expected}.";
}
