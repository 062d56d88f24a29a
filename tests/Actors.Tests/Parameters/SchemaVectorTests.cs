using System.Text.Json;
using Runner.Actors.Parameters;

namespace Runner.Actors.Tests.Parameters;

/// <summary>The same answers as python3-jsonschema 4.10.3, but for what is named here; Vectors/make-schema-vectors.py made the cases.</summary>
public sealed class SchemaVectorTests
{
    private static readonly string File = Path.Combine(AppContext.BaseDirectory, "Parameters", "Vectors", "schema-vectors.jsonl");

    [Fact]
    public void Every_vector_is_answered_as_the_other_implementation_answers_it_or_the_difference_is_named()
    {
        var differences = new List<string>();
        var named = 0;
        foreach (var line in System.IO.File.ReadLines(File))
        {
            using var vector = JsonDocument.Parse(line);
            var (schema, value) = (vector.RootElement.GetProperty("schema"), vector.RootElement.GetProperty("parameters"));
            Assert.True(ParameterSchema.TryRead(schema, "schema", out var read, out var problems), $"{string.Join("; ", problems)}: {line}");
            if (read.Check(value).IsEmpty != vector.RootElement.GetProperty("valid").GetBoolean())
            {
                if (IsTrueTakenForOne(schema, value))
                {
                    named++;
                }
                else
                {
                    differences.Add(line);
                }
            }
        }

        Assert.Empty(differences);
        Assert.Equal(4, named);
    }

    [Fact]
    public void There_are_vectors_enough_of_both_drafts_and_both_answers()
    {
        var vectors = System.IO.File.ReadLines(File).Select(l => JsonDocument.Parse(l).RootElement).ToList();

        Assert.True(vectors.Count >= 2_000);
        Assert.All(
            vectors.GroupBy(v => (Draft: v.GetProperty("draft").GetString(), Valid: v.GetProperty("valid").GetBoolean())),
            g => Assert.True(g.Count() > 500));
        Assert.Equal(2, vectors.Select(v => v.GetProperty("draft").GetString()).Distinct().Count());
        Assert.True(new FileInfo(File).Length < 1_000_000);
    }

    /// <summary>
    /// The other one compares what is within lists and objects as Python does, where True is 1: it finds [true, 2] in an enum that lists [1, 2]. JSON
    /// Schema says that they are of different types, and differ.
    /// </summary>
    private static bool IsTrueTakenForOne(JsonElement schema, JsonElement value) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("enum", out _)
        && value.ValueKind is JsonValueKind.Array or JsonValueKind.Object && value.GetRawText().Contains("true", StringComparison.Ordinal);
}
