using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Runner.Host.Tests.Http.OpenApi;

/// <summary>
/// What the specification of OpenAPI 3.1 asks of a document, as far as ours uses it: fields that have to be there, fields that may not, and what
/// refers to something else. A keyword that is not listed here is a mistake until somebody has looked it up.
/// </summary>
internal static partial class OpenApiStructure
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    private static readonly string[] SchemaKeywords =
    [
        "$ref", "type", "format", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "items", "properties",
        "maxProperties", "required", "additionalProperties", "allOf", "anyOf", "default", "description",
    ];
    private static readonly string[] SchemaTypes = ["null", "boolean", "object", "array", "number", "string", "integer"];

    public static List<string> Problems(JsonObject document)
    {
        var problems = new List<string>();
        Keys(document, "document", problems, ["openapi", "info", "paths"], ["tags", "components", "servers", "security"]);
        Check(Version().IsMatch(document["openapi"]!.GetValue<string>()), "openapi: not a version 3.1", problems);
        Keys(document["info"]!, "info", problems, ["title", "version"], ["description", "summary", "license"]);
        var schemes = document["components"]!["securitySchemes"]!.AsObject();
        foreach (var (name, scheme) in schemes)
        {
            Keys(scheme!, $"securitySchemes.{name}", problems, ["type", "scheme"], ["description", "bearerFormat"]);
        }

        var tags = document["tags"]!.AsArray().Select(t => t!["name"]!.GetValue<string>()).ToHashSet();
        var ids = new HashSet<string>();
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            Check(path.StartsWith('/'), $"{path}: does not begin with a slash", problems);
            foreach (var (method, operation) in item!.AsObject())
            {
                Check(Methods.Contains(method), $"{path}: '{method}' is no method", problems);
                Check(ids.Add(operation!["operationId"]!.GetValue<string>()), $"{path} {method}: its operationId is another's, too", problems);
                Operation($"{method} {path}", path, operation, tags, schemes, problems);
            }
        }

        References(document, "schemas", problems);
        References(document, "responses", problems);
        foreach (var (name, response) in document["components"]!["responses"]!.AsObject())
        {
            Check(Component().IsMatch(name), $"responses.{name}: not a name of a component", problems);
            Response($"responses.{name}", response!, problems);
        }

        foreach (var (name, schema) in document["components"]!["schemas"]!.AsObject())
        {
            Check(Component().IsMatch(name), $"schemas.{name}: not a name of a component", problems);
            Schema($"schemas.{name}", schema!, problems);
        }

        return problems;
    }

    private static void Operation(string at, string path, JsonNode operation, HashSet<string> tags, JsonObject schemes, List<string> problems)
    {
        Keys(operation, at, problems, ["operationId", "summary", "tags", "security", "responses"], ["description", "parameters", "requestBody"]);
        Check(operation["tags"]!.AsArray().All(t => tags.Contains(t!.GetValue<string>())), $"{at}: a tag that is not declared", problems);
        Check(
            operation["security"]!.AsArray().SelectMany(s => s!.AsObject()).All(s => schemes.ContainsKey(s.Key)),
            $"{at}: a security scheme that is not declared", problems);
        var parameters = operation["parameters"]?.AsArray().Select(p => p!.AsObject()).ToArray() ?? [];
        foreach (var parameter in parameters)
        {
            var name = $"{at} parameter {parameter["name"]}";
            Keys(parameter, name, problems, ["name", "in", "schema"], ["required", "description"]);
            Check(parameter["in"]!.GetValue<string>() is "path" or "query" or "header" or "cookie", $"{name}: in what?", problems);
            Schema(name, parameter["schema"]!, problems);
        }

        Check(
            parameters.Select(p => $"{p["in"]} {p["name"]}").Distinct().Count() == parameters.Length, $"{at}: a parameter twice", problems);
        var inPath = parameters.Where(p => p["in"]!.GetValue<string>() == "path").ToArray();
        Check(inPath.All(p => p["required"]!.GetValue<bool>()), $"{at}: a parameter of the path is not required", problems);
        Check(
            Template().Matches(path).Select(m => m.Groups[1].Value).Order().SequenceEqual(inPath.Select(p => p["name"]!.GetValue<string>()).Order()),
            $"{at}: the parameters are not those of the path", problems);
        if (operation["requestBody"] is { } body)
        {
            Keys(body, $"{at} body", problems, ["content"], ["required", "description"]);
            Contents($"{at} body", body["content"]!, problems);
        }

        Check(operation["responses"]!.AsObject().Count > 0, $"{at}: no answers", problems);
        foreach (var (status, response) in operation["responses"]!.AsObject())
        {
            Check(Status().IsMatch(status), $"{at}: '{status}' is no status", problems);
            if (!response!.AsObject().ContainsKey("$ref"))
            {
                Response($"{at} {status}", response, problems);
            }
        }
    }

    private static void Response(string at, JsonNode response, List<string> problems)
    {
        Keys(response, at, problems, ["description"], ["content", "headers"]);
        Contents(at, response["content"]!, problems);
    }

    private static void Contents(string at, JsonNode contents, List<string> problems)
    {
        foreach (var (type, content) in contents.AsObject())
        {
            Check(type.Contains('/', StringComparison.Ordinal), $"{at}: '{type}' is no media type", problems);
            Keys(content!, $"{at} {type}", problems, ["schema"], ["x-events", "example"]);
            Schema($"{at} {type}", content!["schema"]!, problems);
            foreach (var (name, data) in content["x-events"]?.AsObject() ?? [])
            {
                Schema($"{at} {type} {name}", data!["data"]!, problems);
            }
        }
    }

    private static void Schema(string at, JsonNode schema, List<string> problems)
    {
        Keys(schema, at, problems, [], SchemaKeywords);
        var types = schema["type"] is JsonArray several ? several.Select(t => t!.GetValue<string>())
            : schema["type"] is { } one ? [one.GetValue<string>()] : [];
        Check(types.All(SchemaTypes.Contains), $"{at}: an unknown type", problems);
        Check(
            schema["required"]?.AsArray().All(r => schema["properties"]!.AsObject().ContainsKey(r!.GetValue<string>())) ?? true,
            $"{at}: a required field it has not", problems);
        Check(!types.Contains("array") || schema["items"] is not null, $"{at}: an array of what?", problems);
        if (schema["pattern"] is { } pattern)
        {
            _ = new Regex(pattern.GetValue<string>(), RegexOptions.ECMAScript);
        }

        foreach (var (name, inner) in schema["properties"]?.AsObject() ?? [])
        {
            Schema($"{at}.{name}", inner!, problems);
        }

        foreach (var inner in (schema["allOf"]?.AsArray() ?? []).Concat(schema["anyOf"]?.AsArray() ?? []).Append(schema["items"])
            .Append(schema["additionalProperties"] as JsonObject))
        {
            if (inner is not null)
            {
                Schema($"{at}/…", inner, problems);
            }
        }
    }

    /// <summary>Everything referred to is there, and everything that is there is referred to.</summary>
    private static void References(JsonObject document, string kind, List<string> problems)
    {
        var used = Reference().Matches(document.ToJsonString()).Where(m => m.Groups[1].Value == kind).Select(m => m.Groups[2].Value).ToHashSet();
        var there = document["components"]![kind]!.AsObject().Select(s => s.Key).ToHashSet();
        problems.AddRange(used.Except(there).Select(name => $"{name} is referred to and not there"));
        problems.AddRange(there.Except(used).Select(name => $"{name} is there and not referred to"));
    }

    private static void Keys(JsonNode node, string at, List<string> problems, string[] required, string[] optional)
    {
        var keys = node.AsObject().Select(p => p.Key).ToArray();
        problems.AddRange(required.Except(keys).Select(key => $"{at}: '{key}' is missing"));
        problems.AddRange(keys.Except(required).Except(optional).Select(key => $"{at}: '{key}' is not known"));
    }

    private static void Check(bool holds, string problem, List<string> problems)
    {
        if (!holds)
        {
            problems.Add(problem);
        }
    }

    [GeneratedRegex(@"^3\.1\.\d+$")]
    private static partial Regex Version();

    [GeneratedRegex(@"^[a-zA-Z0-9._-]+$")]
    private static partial Regex Component();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Template();

    [GeneratedRegex("^[1-5]([0-9]{2}|XX)$")]
    private static partial Regex Status();

    [GeneratedRegex("\"#/components/(\\w+)/([^\"]+)\"")]
    private static partial Regex Reference();
}
