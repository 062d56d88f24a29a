using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Runner.Actors.Parameters.Schema.Patterns;

/// <summary>
/// A regular expression of ECMA-262, run by .NET's machine: over code points, with ASCII's digits and words and ECMA's white space. One without
/// lookaround, back references and word edges runs without backtracking, in time proportional to the text; each has a bound of time, so that none can
/// hang a node.
/// </summary>
internal sealed class EcmaPattern
{
    /// <summary>How long a pattern may take for one text.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long all patterns of one check may take together: many texts that each take nearly as long as one may would hang a node as well.
    /// </summary>
    public static readonly TimeSpan PatienceForAll = TimeSpan.FromSeconds(5);

    /// <summary>How many patterns are kept for the next schema that has them: making one costs more than most checks.</summary>
    private const int MostKept = 500;

    /// <summary>
    /// What is longer in .NET's words (all letters, pairs included, are 10,000) takes seconds to make a machine of that does not backtrack.
    /// </summary>
    private const int LongestForMachine = 6_000;

    /// <summary>Of a pattern as it is written; a longer one is no longer read by people, and .NET reads it in minutes.</summary>
    private const int Longest = 10_000;

    private static readonly ConcurrentDictionary<string, EcmaPattern> Kept = new(StringComparer.Ordinal);

    private readonly PatternNode _root;
    private readonly Regex _narrow;
    private readonly Lazy<Regex> _wide;

    private EcmaPattern(string text)
    {
        if (text.Length > Longest)
        {
            throw new PatternFormatException(Longest, $"it is longer than {Longest} characters");
        }

        Text = text;
        _root = PatternParser.Parse(text);
        // Nearly every text is without pairs, and the machine without them is far smaller.
        _narrow = Build(astral: false);
        _wide = new Lazy<Regex>(() => Build(astral: true));
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>How long it is in .NET's words, which is what making and keeping it costs.</summary>
    public int Size => _narrow.ToString().Length;

    /// <exception cref="PatternFormatException">The text is none.</exception>
    public static EcmaPattern Of(string text)
    {
        if (Kept.TryGetValue(text, out var known))
        {
            return known;
        }

        var pattern = new EcmaPattern(text);
        if (Kept.Count >= MostKept)
        {
            Kept.Clear();
        }

        Kept.TryAdd(text, pattern);
        return pattern;
    }

    /// <summary>Whether it is found anywhere in the text.</summary>
    /// <exception cref="RegexMatchTimeoutException">That takes longer than <see cref="Patience"/>.</exception>
    public bool IsIn(string text) => (text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? _wide.Value : _narrow).IsMatch(text);

    private Regex Build(bool astral)
    {
        var pattern = new StringBuilder();
        _root.Write(pattern, astral);
        const RegexOptions options = RegexOptions.CultureInvariant;
        if (_root.IsRegular && pattern.Length <= LongestForMachine)
        {
            try
            {
                return new Regex(pattern.ToString(), options | RegexOptions.NonBacktracking, Patience);
            }
            catch (NotSupportedException)
            {
                // Large counts, such as (a{1,500}){1,500}, make a machine of more states than .NET builds.
            }
        }

        return new Regex(pattern.ToString(), options, Patience);
    }
}
