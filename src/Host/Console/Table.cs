using System.Text;

namespace Runner.Host.Console;

/// <summary>Rows in columns as wide as their widest cell.</summary>
internal static class Table
{
    public static string Format(Paint paint, string[] head, IReadOnlyList<string[]> rows)
    {
        var widths = head.Select((h, i) => rows.Select(r => r[i].Length).Append(h.Length).Max()).ToArray();
        var text = new StringBuilder();
        Append(text, head, widths, cell => paint.In(Colour.Grey, cell));
        foreach (var row in rows)
        {
            Append(text, row, widths, static cell => cell);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string[] cells, int[] widths, Func<string, string> style)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            text.Append(i == 0 ? "  " : "   ").Append(style(i == cells.Length - 1 ? cells[i] : cells[i].PadRight(widths[i])));
        }

        text.Append('\n');
    }
}
