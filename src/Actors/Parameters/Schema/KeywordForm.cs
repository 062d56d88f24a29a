using System.Text.Json;

namespace Runner.Actors.Parameters.Schema;

/// <summary>Checks the form of one schema's keywords as the drafts' metaschemas do, and hands on the schemas within them.</summary>
/// <param name="visit">Takes each schema within this one.</param>
/// <param name="pattern">Takes each regular expression.</param>
internal sealed class KeywordForm(
    SchemaNode node, Action<JsonPath, string> refuse, Action<(JsonData Source, JsonPath Path)> visit, Action<string, JsonPath> pattern)
{
    private const string Types = "null, boolean, object, array, number, string or integer";

    // In one piece: one case for each keyword.
    public void Check(string keyword, JsonData value, JsonPath path)
    {
        switch (keyword)
        {
            case "$id" or "$schema" or "$ref" or "$anchor" or "$dynamicRef" or "$dynamicAnchor" or "$comment" or "title" or "description" or "format"
                or "contentMediaType" or "contentEncoding":
                Expect(value, path, value.Kind == JsonValueKind.String, "a text");
                break;
            case "readOnly" or "writeOnly" or "deprecated" or "uniqueItems":
                Expect(value, path, value.IsBoolean, "true or false");
                break;
            case "examples" or "enum":
                Expect(value, path, value.Kind == JsonValueKind.Array, "a list");
                break;
            case "multipleOf":
                Expect(value, path, value.Kind == JsonValueKind.Number && value.Number is { IsZero: false, Negative: false }, "a number above 0");
                break;
            case "maximum" or "minimum" or "exclusiveMaximum" or "exclusiveMinimum":
                Expect(value, path, value.Kind == JsonValueKind.Number, "a number");
                break;
            case "maxLength" or "minLength" or "maxItems" or "minItems" or "maxProperties" or "minProperties" or "maxContains" or "minContains":
                Expect(value, path, value.Kind == JsonValueKind.Number && value.Number.AsCount() is not null, "a whole number of 0 or more");
                break;
            case "pattern":
                if (Expect(value, path, value.Kind == JsonValueKind.String, "a regular expression"))
                {
                    pattern(value.Text, path);
                }

                break;
            case "type":
                CheckTypes(value, path);
                break;
            case "required":
                CheckNames(value, path);
                break;
            case "dependentRequired":
                CheckEach(value, path, CheckNames);
                break;
            case "dependencies":
                CheckEach(value, path, CheckDependency);
                break;
            case "items" when node.Resource.Draft == Draft.Seven && value.Kind == JsonValueKind.Array:
                CheckSchemas(value, path);
                break;
            case "items" when value.Kind == JsonValueKind.Array:
                refuse(path, "expected one schema; in draft 2020-12 a list of schemas is 'prefixItems' (or say \"$schema\": "
                    + "\"http://json-schema.org/draft-07/schema#\")");
                break;
            case "not" or "if" or "then" or "else" or "contains" or "items" or "additionalItems" or "additionalProperties" or "propertyNames"
                or "unevaluatedItems" or "unevaluatedProperties" or "contentSchema":
                visit((value, path));
                break;
            case "allOf" or "anyOf" or "oneOf" or "prefixItems":
                CheckSchemas(value, path);
                break;
            case "patternProperties":
                CheckEach(value, path, (schema, at) => visit((schema, at)));
                foreach (var name in value.Properties.Keys)
                {
                    pattern(name, path.Property(name));
                }

                break;
            case "properties" or "$defs" or "definitions" or "dependentSchemas":
                CheckEach(value, path, (schema, at) => visit((schema, at)));
                break;
        }
    }

    private bool Expect(JsonData value, JsonPath path, bool right, string expected)
    {
        if (!right)
        {
            refuse(path, $"expected {expected}; there is {value.Described}");
        }

        return right;
    }

    private void CheckTypes(JsonData value, JsonPath path)
    {
        var names = value.Kind == JsonValueKind.Array ? value.Items : [value];
        if (names.Count == 0 || names.Any(n => n.Kind != JsonValueKind.String || !IsType(n.Text)))
        {
            var wrong = names.FirstOrDefault(n => n.Kind != JsonValueKind.String || !IsType(n.Text));
            refuse(path, $"expected {Types}, or a list of them; there is "
                + $"{(wrong is null ? "an empty list" : wrong.Kind == JsonValueKind.String ? JsonPath.Quote(wrong.Text) : wrong.Described)}");
        }
        else if (names.Distinct().Count() < names.Count)
        {
            refuse(path, "a type is there twice");
        }
    }

    private void CheckNames(JsonData value, JsonPath path)
    {
        if (Expect(value, path, value.Kind == JsonValueKind.Array && value.Items.All(n => n.Kind == JsonValueKind.String), "a list of names")
            && value.Items.Distinct().Count() < value.Items.Count)
        {
            refuse(path, "a name is there twice");
        }
    }

    private void CheckDependency(JsonData value, JsonPath path)
    {
        if (value.Kind == JsonValueKind.Array)
        {
            CheckNames(value, path);
        }
        else
        {
            visit((value, path));
        }
    }

    private void CheckSchemas(JsonData value, JsonPath path)
    {
        if (value is { Kind: JsonValueKind.Array, Items.Count: 0 })
        {
            refuse(path, "expected a list of at least one schema; there is an empty list");
        }
        else if (Expect(value, path, value.Kind == JsonValueKind.Array, "a list of at least one schema"))
        {
            for (var i = 0; i < value.Items.Count; i++)
            {
                visit((value.Items[i], path.Item(i)));
            }
        }
    }

    private void CheckEach(JsonData value, JsonPath path, Action<JsonData, JsonPath> check)
    {
        if (Expect(value, path, value.Kind == JsonValueKind.Object, "an object"))
        {
            foreach (var (name, each) in value.Properties)
            {
                check(each, path.Property(name));
            }
        }
    }

    private static bool IsType(string name) => name is "null" or "boolean" or "object" or "array" or "number" or "string" or "integer";
}
