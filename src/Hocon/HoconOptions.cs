using Runner.Hocon.Loading;

namespace Runner.Hocon;

/// <summary>
/// What a text is read with. The limits keep hostile or mistaken input from taking the process down; to pass one is a <see cref="HoconException"/>.
/// </summary>
public sealed record HoconOptions
{
    /// <summary>What errors and origins call the text; includes are relative to it if it is a path.</summary>
    public string File { get; init; } = "text";

    /// <summary>Finds included files; by default there are none, so that includes vanish and required ones are errors.</summary>
    public IIncludeResolver Includes { get; init; } = NoIncludes.Instance;

    /// <summary>Where substitutions look for what the text does not hold; null for a variable that is not set. By default there are none.</summary>
    public Func<string, string?> Environment { get; init; } = static _ => null;

    /// <summary>How deep objects, arrays and path keys nest, in the text and in the resolved value.</summary>
    public int MaxNesting { get; init; } = 256;

    /// <summary>How many files include one another in a chain.</summary>
    public int MaxIncludeDepth { get; init; } = 50;

    /// <summary>How many files are included in all.</summary>
    public int MaxIncludes { get; init; } = 1_000;

    /// <summary>How much substitutions expand to, counted in characters and values together.</summary>
    public long MaxExpansion { get; init; } = 20_000_000;

    /// <summary>How many substitutions lead to one another in a chain.</summary>
    public int MaxChain { get; init; } = 1_000;
}
