using System.Text.Json;

namespace Runner.Client.DeploymentFiles;

/// <summary>A JSON Schema as it stands in a field, or the path of a file with one.</summary>
internal static class ParameterSchemas
{
    /// <param name="folder">What a path is relative to.</param>
    public static JsonElement? Read(FieldReader fields, string name, string folder)
    {
        var item = fields.Take(name);
        var path = fields.PathOf(name);
        switch (item)
        {
            case null:
                return null;
            case YamlMap or YamlScalar { Kind: ScalarKind.Boolean }:
                ValuePlaces.Note(fields.Scope, item, path);
                return JsonValues.Read(fields.Scope, item, path);
            case YamlScalar { Kind: ScalarKind.Text, Value: { Length: > 0 } file } when !file.Contains('\0', StringComparison.Ordinal):
                return Load(fields.Scope, item, path, Path.GetFullPath(file, folder));
            default:
                fields.Scope.Expected(item, path, "a JSON Schema as a mapping, or the path of a file with one, such as parameters.schema.json");
                return null;
        }
    }

    private static JsonElement? Load(FileScope scope, YamlItem item, string path, string file)
    {
        try
        {
            return ValueFile.Load(file);
        }
        catch (DeploymentFileException e)
        {
            foreach (var problem in e.Problems)
            {
                scope.Problem(item, path, $"{problem.At.File}:{problem.At.Line}:{problem.At.Column}: {problem.Message}");
            }

            return null;
        }
    }
}
