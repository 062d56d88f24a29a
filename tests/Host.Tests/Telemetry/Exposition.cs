using System.Globalization;
using System.Text.RegularExpressions;

namespace Runner.Host.Tests.Telemetry;

/// <summary>Prometheus' text exposition format 0.0.4, read strictly: whatever the format does not allow fails the test.</summary>
internal sealed partial class Exposition
{
    private readonly Dictionary<string, double> _samples = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
    private readonly HashSet<string> _helped = new(StringComparer.Ordinal);
    private readonly HashSet<string> _begun = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, double> Samples => _samples;

    public IReadOnlyDictionary<string, string> Types => _types;

    /// <summary>The value of a series as it is written, such as <c>runner_runs_ended_total{state="Failed"}</c>; labels sorted.</summary>
    public double this[string series] => _samples.TryGetValue(series, out var value) ? value
        : throw new KeyNotFoundException($"There is no {series} in:\n{string.Join('\n', _samples.Select(s => $"{s.Key} {s.Value}"))}");

    public static Exposition Parse(string text)
    {
        var exposition = new Exposition();
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
        string? family = null;
        foreach (var line in text[..^1].Split('\n'))
        {
            family = line.StartsWith('#') ? exposition.Comment(line, family) : exposition.Sample(line, family);
        }

        exposition.CheckHistograms();
        return exposition;
    }

    private string Comment(string line, string? family)
    {
        var match = CommentLine().Match(line);
        Assert.True(match.Success, line);
        var name = match.Groups["name"].Value;
        if (match.Groups["kind"].Value == "HELP")
        {
            Assert.DoesNotMatch(@"(?<!\\)(\\\\)*\\[^\\n]", match.Groups["rest"].Value);
            Assert.True(_helped.Add(name), $"Two HELP lines: {line}");
            Assert.True(!_types.ContainsKey(name) || family == name, $"HELP and TYPE are apart: {line}");
        }
        else
        {
            Assert.Contains(match.Groups["rest"].Value, new[] { "counter", "gauge", "histogram" });
            Assert.True(_types.TryAdd(name, match.Groups["rest"].Value), $"Two TYPE lines, or a family in two places: {line}");
            Assert.True(!_helped.Contains(name) || family == name, $"HELP and TYPE are apart: {line}");
        }

        Assert.False(_begun.Contains(name), $"Said after the first sample: {line}");
        return name;
    }

    private string? Sample(string line, string? family)
    {
        var match = SampleLine().Match(line);
        Assert.True(match.Success, line);
        var name = match.Groups["name"].Value;
        Assert.True(family is not null && _types.ContainsKey(family), $"No TYPE before: {line}");
        var suffix = name.StartsWith(family, StringComparison.Ordinal) ? name[family.Length..] : "?";
        Assert.Contains(suffix, _types[family] == "histogram" ? ["_bucket", "_sum", "_count"] : new[] { "" });
        var labels = match.Groups["label"].Captures.Select(c => c.Value).ToArray();
        Assert.Equal(labels.Length, labels.Select(l => l[..l.IndexOf('=', StringComparison.Ordinal)]).Distinct().Count());
        var value = match.Groups["value"].Value switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            var number => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        if (_types[family] == "counter")
        {
            Assert.EndsWith("_total", name, StringComparison.Ordinal);
            Assert.True(value >= 0, line);
        }

        _begun.Add(family);
        var key = labels.Length == 0 ? name : $"{name}{{{string.Join(',', labels.Order(StringComparer.Ordinal))}}}";
        Assert.True(_samples.TryAdd(key, value), $"Twice: {line}");
        return family;
    }

    /// <summary>Buckets grow, end with +Inf, and that one is the count.</summary>
    private void CheckHistograms()
    {
        foreach (var (family, _) in _types.Where(t => t.Value == "histogram"))
        {
            foreach (var (series, count) in _samples.Where(
                s => s.Key == family + "_count" || s.Key.StartsWith(family + "_count{", StringComparison.Ordinal)))
            {
                var labels = series[(family.Length + "_count".Length)..].Trim('{', '}').Split(',', StringSplitOptions.RemoveEmptyEntries);
                var buckets = _samples
                    .Where(s => s.Key.StartsWith(family + "_bucket{", StringComparison.Ordinal))
                    .Select(s => (Labels: s.Key[(family.Length + "_bucket{".Length)..^1].Split(','), s.Value))
                    .Where(b => b.Labels.Where(l => !l.StartsWith("le=", StringComparison.Ordinal)).SequenceEqual(labels))
                    .Select(b => (Le: Bound(b.Labels.Single(l => l.StartsWith("le=", StringComparison.Ordinal))), b.Value))
                    .OrderBy(b => b.Le).ToArray();
                Assert.Equal(double.PositiveInfinity, buckets[^1].Le);
                Assert.Equal(count, buckets[^1].Value);
                Assert.Equal(buckets.Select(b => b.Value).Order(), buckets.Select(b => b.Value));
                Assert.Contains(series.Replace("_count", "_sum", StringComparison.Ordinal), _samples.Keys);
            }
        }
    }

    private static double Bound(string label) =>
        label == "le=\"+Inf\"" ? double.PositiveInfinity : double.Parse(label[4..^1], NumberStyles.Float, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^# (?<kind>HELP|TYPE) (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<rest>.+)$")]
    private static partial Regex CommentLine();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?<label>[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\\\|\\"|\\n)*")(,"""
        + """(?<label>[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\\\|\\"|\\n)*"))*)?\})? (?<value>[+-]Inf|NaN|-?[0-9][0-9.eE+-]*)$""")]
    private static partial Regex SampleLine();
}
