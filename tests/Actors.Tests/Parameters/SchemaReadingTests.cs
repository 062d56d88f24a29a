using System.Text.Json;
using Runner.Actors.Parameters;

namespace Runner.Actors.Tests.Parameters;

/// <summary>Which schemas are refused, and what is said.</summary>
public sealed class SchemaReadingTests
{
    [Theory]
    [InlineData("5", "schema", "expected a schema: an object, true or false; there is a whole number")]
    [InlineData("""{"type":"strng"}""", "schema.type", "there is \"strng\"")]
    [InlineData("""{"type":[]}""", "schema.type", "an empty list")]
    [InlineData("""{"type":["null","null"]}""", "schema.type", "twice")]
    [InlineData("""{"properties":{"a":{"minimum":"1"}}}""", "schema.properties.a.minimum", "expected a number; there is a text")]
    [InlineData("""{"properties":{"a b":{"items":3}}}""", "schema.properties[\"a b\"].items", "expected a schema")]
    [InlineData("""{"allOf":[true,{"anyOf":[]}]}""", "schema.allOf[1].anyOf", "a list of at least one schema; there is an empty list")]
    [InlineData("""{"required":["a","a"]}""", "schema.required", "twice")]
    [InlineData("""{"required":"a"}""", "schema.required", "a list of names")]
    [InlineData("""{"minLength":-1}""", "schema.minLength", "a whole number of 0 or more")]
    [InlineData("""{"minLength":1.5}""", "schema.minLength", "a whole number of 0 or more")]
    [InlineData("""{"multipleOf":0}""", "schema.multipleOf", "above 0")]
    [InlineData("""{"enum":{}}""", "schema.enum", "a list")]
    [InlineData("""{"pattern":"a("}""", "schema.pattern", "at character 2: this group is not closed")]
    [InlineData("""{"patternProperties":{"[z-a]":true}}""", "schema.patternProperties[\"[z-a]\"]", "is no regular expression")]
    [InlineData("""{"items":[{}]}""", "schema.items", "'prefixItems'")]
    [InlineData("""{"$anchor":"9"}""", "schema.$anchor", "is no name")]
    [InlineData("""{"$id":"#a"}""", "schema.$id", "without a fragment")]
    [InlineData("""{"$ref":"#/$defs/a"}""", "schema.$ref", "leads to no schema")]
    [InlineData("""{"$ref":"#nowhere"}""", "schema.$ref", "leads to no schema")]
    [InlineData("""{"$ref":"#/required","required":["a"]}""", "schema.$ref", "leads to no schema")]
    [InlineData("""{"properties":{"a":{"$ref":"https://example.com/other.json"}}}""", "schema.properties.a.$ref", "nothing is fetched")]
    [InlineData("""{"$defs":{"a":{"$id":"x"},"b":{"$id":"x"}}}""", "schema.$defs.b.$id", "another schema")]
    [InlineData("""{"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}}""", "schema.$defs.b.$anchor", "another schema")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-04/schema#"}""", "schema.$schema", "is no draft that is understood")]
    [InlineData("""{"$schema":"https://json-schema.org/draft/2019-09/schema"}""", "schema.$schema", "draft/2020-12/schema (the default)")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","dependencies":{"a":3}}""", "schema.dependencies.a", "expected a schema")]
    [InlineData("""{"title":"\ud800"}""", "schema.title", "surrogate")]
    [InlineData("""{"maximum":1e9999999999999999999999}""", "schema.maximum", "digits")]
    [InlineData("""{"x":{"maxLength":"3"},"$ref":"#/x"}""", "schema.x.maxLength", "a whole number of 0 or more")]
    [InlineData("""{"x":{"pattern":"["},"$ref":"#/x"}""", "schema.x.pattern", "is no regular expression")]
    [InlineData("""{"x":{"$ref":"#/y"},"y":{"enum":3},"$ref":"#/x"}""", "schema.y.enum", "a list")]
    [InlineData("""{"x":{"minimum":"1"},"$dynamicRef":"#/x"}""", "schema.x.minimum", "a number")]
    [InlineData("""{"x":{"properties":{"a":5}},"properties":{"b":{"$ref":"#/x"}}}""", "schema.x.properties.a", "expected a schema")]
    [InlineData(
        """{"$schema":"http://json-schema.org/draft-07/schema#","x":{"dependencies":{"a":3}},"$ref":"#/x"}""", "schema.x.dependencies.a",
        "expected a schema")]
    public void A_wrong_schema_is_refused_where_it_is_wrong(string schema, string path, string message)
    {
        Assert.False(ParameterSchema.TryRead(Json(schema), "schema", out _, out var problems));

        var problem = Assert.Single(problems);
        Assert.Equal(path, problem.Field);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void B64_what_is_wrong_behind_what_is_wrong_is_said_at_once_too()
    {
        Assert.False(ParameterSchema.TryRead(
            Json("""{"x":{"maxLength":"3","$ref":"#/y"},"y":{"type":"z","$ref":"#nowhere"},"$ref":"#/x"}"""), "schema", out _, out var problems));

        Assert.Equal(["schema.x.maxLength", "schema.y.type", "schema.y.$ref"], problems.Select(p => p.Field));
    }

    [Fact]
    public void B64_a_schema_that_references_find_twice_is_asked_by_both()
    {
        Assert.True(ParameterSchema.TryRead(
            Json("""{"allOf":[{"$ref":"#/x/properties/a"},{"$ref":"#/x"}],"x":{"properties":{"a":{"maximum":3}}}}"""), "schema", out var schema,
            out _));

        Assert.Single(schema.Check(JsonElement.Parse("5")));
        Assert.Single(schema.Check(JsonElement.Parse("""{"a":5}""")));
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        Assert.False(ParameterSchema.TryRead(
            Json("""{"type":"a","minimum":"b","properties":{"c":{"maxItems":-1,"$ref":5}}}"""), "schema", out _, out var problems));

        Assert.Equal(["schema.type", "schema.minimum", "schema.properties.c.maxItems", "schema.properties.c.$ref"], problems.Select(p => p.Field));
    }

    [Theory]
    [InlineData("""{"$ref":"#"}""")]
    [InlineData("""{"allOf":[{"$ref":"#"}]}""")]
    [InlineData("""{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"anyOf":[true,{"$ref":"#/$defs/a"}]}},"properties":{"x":{"$ref":"#/$defs/a"}}}""")]
    [InlineData("""{"$dynamicAnchor":"a","not":{"$dynamicRef":"#a"}}""")]
    [InlineData("""{"dependentSchemas":{"a":{"$ref":"#"}}}""")]
    public void References_without_an_end_are_refused(string schema)
    {
        Assert.False(ParameterSchema.TryRead(Json(schema), "schema", out _, out var problems));

        Assert.Contains("checking would never end", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"properties":{"next":{"$ref":"#"}}}""")]
    [InlineData("""{"$ref":"#/$defs/a","allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"type":"object"}}}""")]
    [InlineData("""{"unknown":{"type":"nonsense","$ref":5},"properties":{"$ref":true}}""")]
    [InlineData("""{"enum":[{"$id":"x","type":"nonsense"}],"$defs":{"x":{"$id":"x"}}}""")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema","$ref":"#/definitions/a","definitions":{"a":{"$id":"b.json"}},"if":true}""")]
    [InlineData("""{"$ref":"https://json-schema.org/draft/2020-12/schema"}""")]
    [InlineData("true")]
    public void Unusual_but_valid_schemas_are_taken(string schema) =>
        Assert.True(ParameterSchema.TryRead(Json(schema), "schema", out _, out var problems), string.Join("; ", problems));

    [Fact]
    public void A_chain_of_references_may_be_long_but_not_without_bound()
    {
        static string Chain(int links) =>
            "{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + Links(links, "{\"$ref\":\"#/$defs/d~\"}") + $"\"d{links}\":{{\"type\":\"null\"}}}}}}";

        Assert.True(ParameterSchema.TryRead(Json(Chain(150)), "schema", out var schema, out _));
        Assert.Empty(schema.Check(Json("null")));
        Assert.Single(schema.Check(Json("1")));

        Assert.False(ParameterSchema.TryRead(Json(Chain(5_000)), "schema", out _, out var problems));
        Assert.Contains("more than 200 schemas", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Patterns_have_a_largest_size_together()
    {
        static string Patterns(int count) =>
            "{\"patternProperties\":{" + string.Join(',', Enumerable.Range(1, count).Select(i => $"\"^\\\\p{{L}}{{{i}}}$\":true")) + "}}";

        Assert.True(ParameterSchema.TryRead(Json(Patterns(10)), "schema", out _, out _));
        Assert.False(ParameterSchema.TryRead(Json(Patterns(2_000)), "schema", out _, out var problems));
        Assert.Contains("too large together", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    /// <summary>Definitions d0, d1, … each of which refers to the next, where the text has ~.</summary>
    internal static string Links(int count, string definition) =>
        string.Concat(Enumerable.Range(0, count).Select(i => $"\"d{i}\":{definition.Replace("~", $"{i + 1}", StringComparison.Ordinal)},"));

    internal static JsonElement Json(string text) => JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = 10_000 });
}
