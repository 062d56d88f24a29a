using System.Text.Json;

namespace Runner.Client.DeploymentFiles;

/// <summary>A file that holds one value in JSON or YAML, such as a parameter schema.</summary>
public static class ValueFile
{
    /// <summary>16 MiB, 1,000,000 values, as deep as JSON may be.</summary>
    private static readonly FileBounds Bounds = new(16 << 20, 1_000_000, 64);

    /// <summary>Reads it: by its name's end as JSON, any other as JSON if it is that, else as YAML.</summary>
    /// <exception cref="DeploymentFileException">It is neither, or cannot be read.</exception>
    public static JsonElement Load(string path)
    {
        var scope = new FileScope(path);
        var value = DeploymentFile.ReadText(scope, Bounds) is { } text ? Read(scope, text) : null;
        return scope.Problems.Count == 0 ? value!.Value : throw new DeploymentFileException([.. scope.Problems]);
    }

    /// <summary>
    /// Reads JSON that says one thing: of a name that stands twice in an object, taking the last value would lose the other without a word, and half
    /// a surrogate pair, which JSON's grammar takes, can be handed to nobody.
    /// </summary>
    /// <exception cref="JsonException">It is no JSON, or none of that kind.</exception>
    public static JsonElement ParseJson(string text)
    {
        try
        {
            var value = JsonElement.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            ReadTexts(value);
            return value;
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("half of a surrogate pair (such as \\ud800 alone) is no character");
        }
    }

    /// <exception cref="InvalidOperationException">A text is none.</exception>
    private static void ReadTexts(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    ReadTexts(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject())
                {
                    _ = property.Name;
                    ReadTexts(property.Value);
                }

                break;
        }
    }

    private static JsonElement? Read(FileScope scope, string text)
    {
        try
        {
            return ParseJson(text);
        }
        catch (JsonException) when (!scope.File.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return ReadYaml(scope, text);
        }
        catch (JsonException e)
        {
            var why = e.Message.Split(" LineNumber:")[0].Split(" Path:")[0];
            scope.Problem((int)(e.LineNumber ?? 0) + 1, (int)(e.BytePositionInLine ?? 0) + 1, "", $"this is not JSON: {why}");
            return null;
        }
    }

    private static JsonElement? ReadYaml(FileScope scope, string text)
    {
        try
        {
            if (YamlReader.Read(text, Bounds, (line, column, message) => scope.Problem(line, column, "", message)) is { } item)
            {
                return JsonValues.Read(scope, item, "");
            }

            scope.Problem(1, 1, "", "the file is empty; expected a value in JSON or YAML");
        }
        catch (YamlRefusedException e)
        {
            scope.Problem(e.Line, e.Column, "", e.Message);
        }

        return null;
    }
}
