using System.Globalization;
using System.Text;

namespace Runner.Bench;

/// <summary>A soak's samples as a picture: one small panel for each thing, each from zero, over the same time.</summary>
internal static class SoakPlot
{
    private const int Width = 760;
    private const int PanelHeight = 110;
    private const int Left = 70;
    private const int Right = 20;
    private const int Top = 46;
    private const int Gap = 34;

    public static string Draw(IReadOnlyList<SoakSample> samples, int rate)
    {
        var series = SoakSample.Series;
        var height = Top + series.Length * (PanelHeight + Gap) + 20;
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<text x=\"{Left}\" y=\"18\" font-size=\"14\">One node, {rate} runs a second, {samples[^1].At.TotalMinutes:0.#} minutes</text>\n");
        for (var i = 0; i < series.Length; i++)
        {
            Panel(svg, samples, series[i], Top + i * (PanelHeight + Gap));
        }

        svg.Append(
            CultureInfo.InvariantCulture,
            $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{height - 6}\" text-anchor=\"middle\">minutes since the first run was submitted</text>\n");
        return svg.Append("</svg>\n").ToString();
    }

    private static void Panel(
        StringBuilder svg, IReadOnlyList<SoakSample> samples, (string Name, string Unit, Func<SoakSample, double> Of) series, int top)
    {
        var most = Nice(samples.Max(series.Of));
        var minutes = samples[^1].At.TotalMinutes;
        var bottom = top + PanelHeight;
        double X(double at) => Left + at / minutes * (Width - Left - Right);
        double Y(double value) => bottom - value / most * PanelHeight;
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<text x=\"{Left}\" y=\"{top - 6}\" font-weight=\"bold\">{series.Name}{(series.Unit.Length > 0 ? $" ({series.Unit})" : "")}</text>\n");
        foreach (var part in (double[])[0, 0.5, 1])
        {
            var y = Y(part * most);
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.0}\" y2=\"{y:0.0}\" stroke=\"#ddd\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 6}\" y=\"{y + 4:0.0}\" text-anchor=\"end\">{part * most:#,0.#}</text>\n");
        }

        var step = Nice(minutes) / 10;
        for (var at = 0.0; at <= minutes; at += step)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(at):0.0}\" y=\"{bottom + 14}\" text-anchor=\"middle\">{at:0.##}</text>\n");
        }

        var points = string.Join(
            ' ', samples.Select(s => string.Create(CultureInfo.InvariantCulture, $"{X(s.At.TotalMinutes):0.0},{Y(series.Of(s)):0.0}")));
        svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"#1f6feb\" stroke-width=\"1.5\"/>\n");
    }

    /// <summary>The next of 1, 2, 5 times a power of ten.</summary>
    private static double Nice(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(value, 1e-9))));
        return value <= power ? power : value <= 2 * power ? 2 * power : value <= 5 * power ? 5 * power : 10 * power;
    }
}
