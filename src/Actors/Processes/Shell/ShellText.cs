using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Runner.Actors.Processes.Shell;

/// <summary>
/// A text for <c>/bin/sh -c</c> with templates in it. No value is ever pasted in: each is handed over as a positional parameter, kept in a variable
/// of the shell, and the template becomes a reference to that, quoted as it has to be where it stands. What a shell makes of a reference it never
/// reads as text of the shell again.
/// </summary>
/// <param name="Script">What the shell is given.</param>
/// <param name="Names">What the templates name, each once, in the order of the positional parameters.</param>
/// <param name="Templates">The templates as they are written, one after the other.</param>
/// <param name="Problems">Where templates stand that the shell would not take for a value, in words; with one the script means nothing.</param>
internal sealed record ShellText(string Script, ImmutableArray<string> Names, string Templates, ImmutableArray<string> Problems)
{
    /// <summary>Where the shell is. POSIX names no path; every system has this one.</summary>
    public const string Shell = "/bin/sh";

    /// <summary>The options before the text: after the last of them nothing that it may begin with is one.</summary>
    public static readonly ImmutableArray<string> Options = ["-c", "--"];

    /// <summary>What the shell calls itself in its messages; the values come after it.</summary>
    public const string Name = "sh";

    private const string Variable = "RUNNER_TEMPLATE_";

    public static ShellText Of(string text)
    {
        if (!text.Contains("{{", StringComparison.Ordinal))
        {
            return new ShellText(text, [], "", []);
        }

        var reader = new ShellReader(text);
        reader.Read();
        return new ShellText(Before(reader.Names.Count) + reader.Script, [.. reader.Names], reader.Templates, [.. reader.Problems]);
    }

    /// <summary>How a script refers to a value.</summary>
    /// <param name="number">From 1.</param>
    public static string Reference(int number) => string.Create(CultureInfo.InvariantCulture, $"${{{Variable}{number}}}");

    /// <summary>
    /// Takes the values out of the positional parameters, which functions, <c>set</c> and <c>shift</c> change, and which the text may want for
    /// itself. In the text's first line, so that the shell counts lines as its author does.
    /// </summary>
    private static string Before(int count)
    {
        if (count == 0)
        {
            return "";
        }

        var before = new StringBuilder();
        for (var i = 1; i <= count; i++)
        {
            before.Append(CultureInfo.InvariantCulture, $"{(i == 1 ? "" : " ")}{Variable}{i}=${{{i}}}");
        }

        return before.Append(CultureInfo.InvariantCulture, $"; shift {count}; ").ToString();
    }
}
