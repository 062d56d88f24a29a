using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Runner.Actors.Telemetry;
using Serilog.Events;
using Serilog.Formatting;

namespace Runner.Host.Logging;

/// <summary>
/// One JSON object a line: <c>time</c> (RFC 3339, UTC), <c>level</c>, <c>message</c>, <c>template</c>; about a run also <c>run</c>, <c>attempt</c>,
/// <c>deployment</c> and <c>trace_id</c>; <c>properties</c> with everything else that was said, and <c>exception</c> if there was one.
/// </summary>
internal sealed class JsonLines : ITextFormatter
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("time", logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", logEvent.Level.ToString().ToLowerInvariant());
            json.WriteString("message", logEvent.RenderMessage(CultureInfo.InvariantCulture));
            json.WriteString("template", logEvent.MessageTemplate.Text);
            Run(json, logEvent);
            Properties(json, logEvent);
            if (logEvent.Exception is { } exception)
            {
                json.WriteString("exception", exception.ToString());
            }

            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
        output.Write('\n');
    }

    private static string? NameOfRunProperty(string property) => property switch
    {
        RunLogContext.RunProperty => "run",
        RunLogContext.AttemptProperty => "attempt",
        RunLogContext.DeploymentProperty => "deployment",
        RunLogContext.TraceProperty => "trace_id",
        _ => null,
    };

    private static void Run(Utf8JsonWriter json, LogEvent logEvent)
    {
        if (!logEvent.Properties.ContainsKey(RunLogContext.RunProperty))
        {
            return;
        }

        foreach (var (name, value) in logEvent.Properties)
        {
            if (NameOfRunProperty(name) is { } key)
            {
                json.WritePropertyName(key);
                Value(json, value);
            }
        }
    }

    private static void Properties(Utf8JsonWriter json, LogEvent logEvent)
    {
        var ofRun = logEvent.Properties.ContainsKey(RunLogContext.RunProperty);
        json.WriteStartObject("properties");
        foreach (var (name, value) in logEvent.Properties)
        {
            if (name != RunSuffix.Property && !(ofRun && NameOfRunProperty(name) is not null))
            {
                json.WritePropertyName(name);
                Value(json, value);
            }
        }

        json.WriteEndObject();
    }

    private static void Value(Utf8JsonWriter json, LogEventPropertyValue value)
    {
        switch (value)
        {
            case ScalarValue { Value: null }:
                json.WriteNullValue();
                break;
            case ScalarValue { Value: bool truth }:
                json.WriteBooleanValue(truth);
                break;
            case ScalarValue { Value: int or long or short or byte or uint or ushort } whole:
                json.WriteNumberValue(Convert.ToInt64(whole.Value, CultureInfo.InvariantCulture));
                break;
            case ScalarValue { Value: double number } when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case ScalarValue scalar:
                json.WriteStringValue(Convert.ToString(scalar.Value, CultureInfo.InvariantCulture));
                break;
            case SequenceValue sequence:
                json.WriteStartArray();
                foreach (var item in sequence.Elements)
                {
                    Value(json, item);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(value.ToString(null, CultureInfo.InvariantCulture));
                break;
        }
    }
}
