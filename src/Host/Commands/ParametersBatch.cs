using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.Parameters;
using Runner.Messages;

namespace Runner.Host.Commands;

/// <summary>`runner parameters check --batch`: checks the schema and the parameters of each line.</summary>
internal sealed class ParametersBatch
{
    /// <summary>How many schemas are kept read: lines often share one.</summary>
    private const int MostSchemas = 1_000;

    private static readonly string Fits = CheckAnswer.Of([]).ToLine();
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 200 };

    private readonly Dictionary<string, (ParameterSchema? Schema, ImmutableArray<Problem> Problems)> _schemas = new(StringComparer.Ordinal);

    public Task RunAsync(Stream input, TextWriter output, CancellationToken cancel) =>
        new LineBatch(input, output).RunAsync(Answer, problem => Refuse("", problem), cancel);

    private string Answer(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Options);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return Refuse("", "expected a JSON object with 'schema' and 'parameters'");
            }

            if (!root.TryGetProperty("schema", out var schema))
            {
                return Refuse("schema", "is required");
            }

            return root.TryGetProperty("parameters", out var parameters) ? Check(schema, parameters) : Refuse("parameters", "is required");
        }
        catch (InvalidOperationException)
        {
            return Refuse("", "half of a surrogate pair (such as \\ud800 alone) in a name is no character");
        }
        catch (JsonException e)
        {
            return Refuse("", line.Length == 0 ? "the line is empty; expected a JSON object"
                : $"the line is not JSON: {e.Message.Split(" LineNumber:")[0].Split(" Path:")[0]}");
        }
    }

    private string Check(JsonElement json, JsonElement parameters)
    {
        var text = json.GetRawText();
        if (!_schemas.TryGetValue(text, out var read))
        {
            read = ParameterSchema.TryRead(json, "schema", out var schema, out var wrong) ? (schema, []) : (null, wrong);
            if (_schemas.Count >= MostSchemas)
            {
                _schemas.Clear();
            }

            _schemas.Add(text, read);
        }

        var problems = read.Schema?.Check(parameters) ?? read.Problems;
        return problems.IsEmpty ? Fits : CheckAnswer.Of(problems).ToLine();
    }

    private static string Refuse(string path, string message) => CheckAnswer.Of([new Problem(path, message)]).ToLine();
}
