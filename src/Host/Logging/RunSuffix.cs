using Runner.Actors;
using Serilog.Core;
using Serilog.Events;

namespace Runner.Host.Logging;

/// <summary>Says at the end of a line for people which run it is about: « (etl/nightly, run 0192…, attempt 1)».</summary>
internal sealed class RunSuffix : ILogEventEnricher
{
    /// <summary>The property that output templates name; <see cref="JsonLines"/> leaves it out.</summary>
    public const string Property = "About";

    /// <inheritdoc/>
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        if (Text(logEvent, RunLogContext.RunProperty) is not { } run)
        {
            return;
        }

        var deployment = Text(logEvent, RunLogContext.DeploymentProperty) is { } name ? name + ", " : "";
        var attempt = Text(logEvent, RunLogContext.AttemptProperty) is { } number and not "0" ? ", attempt " + number : "";
        logEvent.AddOrUpdateProperty(new LogEventProperty(Property, new PlainValue($" ({deployment}run {run}{attempt})")));
    }

    private static string? Text(LogEvent logEvent, string name) =>
        logEvent.Properties.TryGetValue(name, out var value) && value is ScalarValue { Value: { } content }
            ? Convert.ToString(content, System.Globalization.CultureInfo.InvariantCulture) : null;

    /// <summary>A text that is shown without quotes.</summary>
    private sealed class PlainValue(string text) : LogEventPropertyValue
    {
        public override void Render(TextWriter output, string? format = null, IFormatProvider? formatProvider = null) => output.Write(text);
    }
}
