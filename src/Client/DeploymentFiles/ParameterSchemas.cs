using System.Text.Json;

namespace Runner.Client.DeploymentFiles;

/// <summary>The field <c>parameter_schema</c>: a schema as it stands, or the path of a file with one.</summary>
internal static class ParameterSchemas
{
    private const string Name = "parameter_schema";

    /// <param name="folder">What a path is relative to.</param>
    public static JsonElement? Read(FieldReader fields, string folder)
    {
        var item = fields.Take(Name);
        var path = fields.PathOf(Name);
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
