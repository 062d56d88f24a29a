using System.Text;

namespace Runner.Cli.Terminal;

/// <summary>A cell: its text, and how it is coloured once its width is known.</summary>
public readonly record struct Cell(string Text, Func<string, string>? Paint = null)
{
    public static implicit operator Cell(string? text) => new(Printable.Line(text));
}

/// <summary>Rows in columns as wide as their widest cell, two spaces between; columns without any text are left out.</summary>
public sealed class Table(params string[] headings)
{
    private readonly List<Cell[]> _rows = [];

    public void Add(params Cell[] row) => _rows.Add(row);

    /// <summary>The table's lines, each ended by a line feed.</summary>
    public string Render(Style style, string indent = "")
    {
        var widths = new int[headings.Length];
        for (var c = 0; c < headings.Length; c++)
        {
            var widest = _rows.Count == 0 ? 0 : _rows.Max(r => r[c].Text.Length);
            widths[c] = widest == 0 ? 0 : Math.Max(widest, headings[c].Length);
        }

        var text = new StringBuilder();
        if (headings.Any(h => h.Length > 0))
        {
            AppendRow(text, indent, widths, [.. headings.Select(h => new Cell(h, style.Bold))]);
        }

        foreach (var row in _rows)
        {
            AppendRow(text, indent, widths, row);
        }

        return text.ToString();
    }

    private static void AppendRow(StringBuilder text, string indent, int[] widths, Cell[] row)
    {
        var line = new StringBuilder(indent);
        var pending = 0;
        for (var c = 0; c < widths.Length; c++)
        {
            if (widths[c] == 0)
            {
                continue;
            }

            // Spaces are owed until something follows them, so that no line ends in any.
            var cell = row[c];
            if (cell.Text.Length > 0)
            {
                line.Append(' ', pending).Append(cell.Paint?.Invoke(cell.Text) ?? cell.Text);
                pending = 0;
            }

            pending += widths[c] - cell.Text.Length + 2;
        }

        text.Append(line).Append('\n');
    }
}
