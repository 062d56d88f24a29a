using System.Globalization;
using System.Text.Json;
using Runner.Actors;
using Runner.Host.Logging;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Runner.Host.Tests.Logging;

/// <summary>The lines for machines are as docs/telemetry.md says.</summary>
public sealed class JsonLinesTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 15, 3, 9, 120, TimeSpan.FromHours(1));

    [Fact]
    public void A_line_about_a_run_is_the_documented_one()
    {
        var line = Line(About(1, "etl/nightly"), null, "Run ended as {State} with exit code {ExitCode}", ("State", "Failed"), ("ExitCode", 3));

        Assert.Equal(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "telemetry.md"))
            .Single(l => l.StartsWith("{\"time\"", StringComparison.Ordinal)), line);
    }

    [Fact]
    public void What_is_not_known_of_a_run_is_left_out()
    {
        var line = JsonDocument.Parse(Line(About(0, null), null, "Run is unreadable")).RootElement;

        Assert.Equal(["time", "level", "message", "template", "run", "trace_id", "attempt", "properties"], Names(line));
        Assert.Empty(Names(line.GetProperty("properties")));
    }

    [Fact]
    public void A_line_about_no_run_keeps_properties_of_the_same_names_where_all_are()
    {
        var line = JsonDocument.Parse(Line(
            null, new IOException("No\nroom"), "{Attempt} of {Deployment}", ("Attempt", 2), ("Deployment", "a/b"), ("Nothing", null))).RootElement;

        Assert.Equal(["time", "level", "message", "template", "properties", "exception"], Names(line));
        Assert.Equal("2 of \"a/b\"", line.GetProperty("message").GetString());
        Assert.Equal("""{"Attempt":2,"Deployment":"a/b","Nothing":null}""", line.GetProperty("properties").GetRawText());
        Assert.Equal("System.IO.IOException: No\nroom", line.GetProperty("exception").GetString());
    }

    [Theory]
    [InlineData(LogEventLevel.Debug)]
    [InlineData(LogEventLevel.Warning)]
    [InlineData(LogEventLevel.Error)]
    [InlineData(LogEventLevel.Fatal)]
    public void A_level_is_its_name_in_small_letters(LogEventLevel level)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        JsonLines.Create().Format(new LogEvent(At, level, null, MessageTemplate.Empty, []), output);

        Assert.Equal(level.ToString().ToLowerInvariant(), JsonDocument.Parse(output.ToString()).RootElement.GetProperty("level").GetString());
    }

    private static RunLogContext About(int attempt, string? deployment) =>
        new(Guid.Parse("01938f2e-5c00-8a41-9b1d-7c22b8c1d1aa"), attempt, deployment);

    private static string Line(RunLogContext? about, Exception? exception, string template, params (string Name, object? Value)[] properties)
    {
        var line = new LogEvent(
            At, LogEventLevel.Information, exception, new MessageTemplateParser().Parse(template),
            properties.Select(p => new LogEventProperty(p.Name, new ScalarValue(p.Value))));
        foreach (var enricher in (ILogEventEnricher?[])[about, new RunSuffix()])
        {
            enricher?.Enrich(line, null!);
        }

        using var output = new StringWriter(CultureInfo.InvariantCulture);
        JsonLines.Create().Format(line, output);
        Assert.EndsWith("}\n", output.ToString(), StringComparison.Ordinal);
        return output.ToString().TrimEnd('\n');
    }

    private static string[] Names(JsonElement json) => [.. json.EnumerateObject().Select(p => p.Name)];
}
