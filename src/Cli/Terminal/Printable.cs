using System.Text;

namespace Runner.Cli.Terminal;

/// <summary>Makes text that came from elsewhere fit for one line of a terminal.</summary>
public static class Printable
{
    /// <summary>With control characters (a line feed, a terminal's escapes) replaced by spaces.</summary>
    public static string Line(string? text)
    {
        if (text is null || !text.Any(char.IsControl))
        {
            return text ?? "";
        }

        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            clean.Append(char.IsControl(c) ? ' ' : c);
        }

        return clean.ToString();
    }

    /// <summary>An argv as a shell would take it.</summary>
    public static string Command(IEnumerable<string> argv) => Line(string.Join(' ', argv.Select(Quoted)));

    private static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=@%+,".Contains(c, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
