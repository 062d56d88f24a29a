using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Runner.Messages;

namespace Runner.Host.Commands.SchedulePreview;

/// <summary>An answer as one line of JSON: <c>{"occurrences":[…]}</c> or <c>{"error":"…"}</c>.</summary>
internal static class PreviewJson
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(PreviewAnswer answer)
    {
        if (!answer.Problems.IsEmpty)
        {
            return Error(Sentence(answer.Problems));
        }

        if (answer.GaveUp is { } gaveUp)
        {
            return Error(gaveUp);
        }

        // Nothing in such a text needs an escape.
        var line = new StringBuilder("""{"occurrences":[""", 32 + (answer.Occurrences.Length * 30));
        for (var i = 0; i < answer.Occurrences.Length; i++)
        {
            line.Append(i == 0 ? "\"" : ",\"").Append(ZonedTimes.Format(answer.Occurrences[i], answer.Zone)).Append('"');
        }

        return line.Append("]}").ToString();
    }

    public static string Error(string message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("error", message);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>All that is wrong, each thing by the name of its field.</summary>
    private static string Sentence(ImmutableArray<Problem> problems) => string.Join("; ", problems.Select(Named));

    private static string Named(Problem problem) =>
        problem.Field.Length == 0 ? problem.Message : $"{problem.Field}: {problem.Message}";
}
