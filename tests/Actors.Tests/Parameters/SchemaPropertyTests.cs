using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Runner.Actors.Parameters;

namespace Runner.Actors.Tests.Parameters;

/// <summary>Whatever a schema and a value are, there is an answer.</summary>
public sealed class SchemaPropertyTests
{
    private static readonly string[] Words =
    [
        "$ref", "$id", "$schema", "$anchor", "$dynamicRef", "$dynamicAnchor", "$defs", "definitions", "type", "enum", "const", "minimum", "maximum",
        "exclusiveMinimum", "multipleOf", "minLength", "maxLength", "pattern", "items", "prefixItems", "additionalItems", "contains", "minContains",
        "uniqueItems", "minItems", "properties", "patternProperties", "additionalProperties", "propertyNames", "required", "dependencies",
        "dependentRequired", "dependentSchemas", "minProperties", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "unevaluatedItems",
        "unevaluatedProperties", "a", "b", "", "a b",
    ];

    private static readonly string[] Scalars =
    [
        "null", "true", "false", "0", "1", "-1.5", "1e400", "1e99999999999999999999", "\"a\"", "\"object\"", "\"array\"", "\"#\"", "\"#/$defs/a\"",
        "\"#a\"", "\"a\"",
        "\"http://json-schema.org/draft-07/schema#\"", "\"^(a|b)*$\"", "\"(\"", "\"\\ud800\"", "\"%zz#%\"", "\"urn:x:y\"", "\"//[\"", "\"\"",
        "\"[\\\\\"", "\"\\\\p{L}\"",
    ];

    private static Gen<string> Value(int size) => size <= 0
        ? Gen.Elements(Scalars)
        : Gen.Frequency(
            (2, Gen.Elements(Scalars)),
            (1, Value(size / 2).ArrayOf(3).Select(items => $"[{string.Join(',', items)}]")),
            (4, Gen.Elements(Words).Zip(Value(size / 2)).ArrayOf(4).Select(Object)));

    [Fact]
    public void It_never_throws_and_says_something_of_every_schema_and_value()
    {
        var cases = from schema in Value(24) from value in Value(8) select (schema, value);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5_000), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var read = ParameterSchema.TryRead(SchemaReadingTests.Json(c.schema), "schema", out var schema, out var problems);
            return read == problems.IsEmpty && (schema is null || schema.Check(SchemaReadingTests.Json(c.value))
                .All(p => p.Message.Length > 0 && p.Field.StartsWith("parameters", StringComparison.Ordinal)));
        }));
    }

    [Fact]
    public void No_text_is_a_pattern_that_makes_it_throw()
    {
        var texts = Gen.Elements("()[]{}*+?|^$.\\dDwWsSpPbBkux01,-<>=!:aZ😀é\ud800".Select(c => c.ToString()).ToArray()).ArrayOf(12)
            .Select(string.Concat);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(4_000), Prop.ForAll(texts.ToArbitrary(), text =>
        {
            try
            {
                Actors.Parameters.Schema.Patterns.EcmaPattern.Of(text).IsIn("aZ 01é😀");
                return true;
            }
            catch (Actors.Parameters.Schema.Patterns.PatternFormatException)
            {
                return true;
            }
        }));
    }

    private static string Object((string Name, string Value)[] properties)
    {
        var text = new StringBuilder("{");
        foreach (var (name, value) in properties.DistinctBy(p => p.Name))
        {
            text.Append(text.Length > 1 ? "," : "").Append('"').Append(name).Append("\":").Append(value);
        }

        return text.Append('}').ToString();
    }
}
