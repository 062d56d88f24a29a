using System.Diagnostics.Metrics;
using Runner.Actors.Telemetry;
using Runner.Host.Telemetry;

namespace Runner.Host.Tests.Telemetry;

/// <summary>docs/telemetry.md and the code name the same metrics.</summary>
public sealed class DocumentedMetricsTests
{
    [Fact]
    public void Every_metric_is_documented_with_its_unit_and_no_other_is()
    {
        using var node = new NodeTelemetry("0.0.0");
        using var host = new HostTelemetry(node, "node-1", Path.GetTempPath());
        var published = new Dictionary<string, string?>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, node.Scope))
            {
                published.Add(instrument.Name, instrument.Unit);
            }
        };
        listener.Start();

        var rows = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "telemetry.md"))
            .Select(l => l.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length == 7 && cells[1].StartsWith('`') && !cells[1].Contains('*', StringComparison.Ordinal))
            .SelectMany(cells => cells[1].Split(',').Select(name => (Name: name.Trim(' ', '`'), Unit: cells[3].Trim('`'))))
            .ToDictionary(r => r.Name, r => r.Unit.Length == 0 ? null : r.Unit);

        Assert.Equal(published.OrderBy(p => p.Key, StringComparer.Ordinal), rows.OrderBy(p => p.Key, StringComparer.Ordinal)!);
    }
}
