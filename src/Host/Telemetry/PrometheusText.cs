using System.Globalization;
using System.Text;

namespace Runner.Host.Telemetry;

/// <summary>
/// Prometheus' text exposition format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/), with names made of OpenTelemetry's: the unit is a suffix, counters end in
/// <c>_total</c>.
/// </summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new(32 * 1024);
    private string? _last;

    /// <summary>The metric's name: <c>runner.run.duration</c> in <c>s</c> is <c>runner_run_duration_seconds</c>.</summary>
    public static string NameOf(MetricStream stream)
    {
        var name = Valid(stream.Instrument.Name, ':');
        var unit = stream.Instrument.Unit switch
        {
            "s" => "seconds",
            "By" => "bytes",
            "%" => "percent",
            "1" when !stream.IsCounter => "ratio",
            // «{run}» says what is counted and is no unit.
            null or "" or "1" or ['{', ..] => null,
            var other => Valid(other, '_'),
        };
        name = unit is null || name.EndsWith("_" + unit, StringComparison.Ordinal) ? name : $"{name}_{unit}";
        return stream.IsCounter ? name + "_total" : name;
    }

    /// <summary>Adds an instrument that has been measured. Instruments come in the order of their names.</summary>
    public void Add(MetricStream stream, int look)
    {
        var name = stream.Name;
        stream.Read(look, series =>
        {
            if (_last != name)
            {
                Begin(name, stream);
            }

            if (series.Buckets is { } buckets)
            {
                Histogram(name, stream.Bounds, buckets, series);
            }
            else
            {
                Sample(name, series, null, series.Value);
            }
        });
    }

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(_text.ToString());

    private void Begin(string name, MetricStream stream)
    {
        _last = name;
        if (stream.Instrument.Description is { Length: > 0 } help)
        {
            _text.Append("# HELP ").Append(name).Append(' ').Append(Escaped(help, quotes: false)).Append('\n');
        }

        _text.Append("# TYPE ").Append(name).Append(stream.IsCounter ? " counter\n" : stream.IsHistogram ? " histogram\n" : " gauge\n");
    }

    private void Histogram(string name, double[] bounds, long[] buckets, MetricSeries series)
    {
        long count = 0;
        for (var i = 0; i < buckets.Length; i++)
        {
            count += buckets[i];
            Sample(name + "_bucket", series, i < bounds.Length ? Number(bounds[i]) : "+Inf", count);
        }

        Sample(name + "_sum", series, null, series.Value);
        Sample(name + "_count", series, null, count);
    }

    private void Sample(string name, MetricSeries series, string? le, double value)
    {
        _text.Append(name);
        var separator = '{';
        foreach (var (key, text) in series.Labels)
        {
            Label(ref separator, Valid(key, '_'), Convert.ToString(text, CultureInfo.InvariantCulture) ?? "");
        }

        if (le is not null)
        {
            Label(ref separator, "le", le);
        }

        _text.Append(separator == '{' ? " " : "} ").Append(Number(value)).Append('\n');
    }

    private void Label(ref char separator, string name, string value)
    {
        _text.Append(separator).Append(name).Append("=\"").Append(Escaped(value, quotes: true)).Append('"');
        separator = ',';
    }

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escaped(string text, bool quotes)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    /// <summary>A name of letters, digits, underscores and one character more, not beginning with a digit.</summary>
    private static string Valid(string name, char also)
    {
        var valid = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c == also ? c : '_'));
        return valid.Length == 0 || char.IsAsciiDigit(valid[0]) ? "_" + valid : valid;
    }
}
