using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runner.Actors.Parameters;
using Runner.Actors.Parameters.Schema;
using Runner.Actors.Parameters.Schema.Keywords;
using Runner.Actors.Parameters.Schema.Patterns;

namespace Runner.Actors.Tests.Parameters;

/// <summary>What a check says, and where.</summary>
public sealed class SchemaCheckTests
{
    [Theory]
    [InlineData("""{"type":"integer"}""", "\"x\"", "parameters: expected a whole number; there is a text")]
    [InlineData("""{"type":["string","null"]}""", "1", "parameters: expected a text or null; there is a whole number")]
    [InlineData(
        """{"properties":{"items":{"items":{"properties":{"name":{"minLength":3}}}}}}""", """{"items":[{},{"name":"ab"}]}""",
        "parameters.items[1].name: expected a text of at least 3 characters; this one has 2")]
    [InlineData(
        """{"properties":{"first name":{"const":1}}}""", """{"first name":2}""", "parameters[\"first name\"]: expected 1; there is a whole number")]
    [InlineData("""{"enum":["dev","prod"]}""", "\"pord\"", "parameters: expected one of \"dev\", \"prod\"; there is another text")]
    [InlineData("""{"required":["a","b"]}""", "{}", "parameters.a: is required|parameters.b: is required")]
    [InlineData(
        """{"properties":{"count":true},"additionalProperties":false}""", """{"cuont":1}""",
        "parameters.cuont: is not expected here; did you mean 'count'?")]
    [InlineData(
        """{"properties":{"count":true},"additionalProperties":false}""", """{"zzz":1}""", "parameters.zzz: is not expected here; known are count")]
    [InlineData("""{"minimum":0.1,"multipleOf":0.1}""", "-0.05", "parameters: expected at least 0.1|parameters: expected a multiple of 0.1")]
    [InlineData("""{"exclusiveMaximum":1e400}""", "1e400", "parameters: expected less than 1e400")]
    [InlineData("""{"pattern":"^a$"}""", "\"b\"", "parameters: expected a text that matches the pattern \"^a$\"")]
    [InlineData("""{"uniqueItems":true}""", "[1,2,1.0]", "parameters[2]: is equal to parameters[0]; expected items that all differ")]
    [InlineData("""{"minItems":1}""", "[]", "parameters: expected at least 1 item; there are 0")]
    [InlineData("""{"maxProperties":1}""", """{"a":1,"b":2}""", "parameters: expected at most 1 property; there are 2")]
    [InlineData(
        """{"contains":{"type":"null"},"minContains":2}""", "[null]", "parameters: expected at least 2 items as 'contains' describes; there is 1")]
    [InlineData(
        """{"propertyNames":{"pattern":"^[a-z]+$"}}""", """{"A":1}""",
        "parameters.A: its name is not allowed: expected a text that matches the pattern \"^[a-z]+$\"")]
    [InlineData("""{"dependentRequired":{"a":["b"]}}""", """{"a":1}""", "parameters.b: is required where \"a\" is given")]
    [InlineData("""{"not":{"type":"null"}}""", "null", "parameters: is what 'not' excludes")]
    [InlineData("""{"items":false}""", "[1]", "parameters[0]: nothing is allowed here")]
    [InlineData(
        """{"allOf":[{"properties":{"a":{"type":"null"}}}],"unevaluatedProperties":false}""", """{"a":1,"b":1}""",
        "parameters.a: expected null; there is a whole number|parameters.b: is not expected here")]
    [InlineData("""{"if":{"required":["a"]},"then":{"required":["b"]}}""", """{"a":1}""", "parameters.b: is required")]
    [InlineData(
        """{"$ref":"https://json-schema.org/draft/2020-12/schema"}""", """{"type":1}""",
        "parameters.type: expected null, boolean, object, array, number, string or integer, or a list of them; there is a whole number")]
    public void Everything_that_does_not_fit_is_said_with_its_place_and_what_is_expected(string schema, string value, string expected) =>
        Assert.Equal(expected, string.Join('|', Check(schema, value)));

    [Theory]
    // The only alternative of the value's type is the one that was meant.
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"object","required":["a"]}]}""", "{}", "parameters.a: is required")]
    // A property that is constant in each alternative says which was meant.
    [InlineData("""{"oneOf":[{"properties":{"kind":{"const":"file"},"path":{"type":"string"}}},{"properties":{"kind":{"const":"url"}"""
        + ""","port":{"maximum":9}}}]}""", """{"kind":"url","path":1,"port":10}""", "parameters.port: expected at most 9")]
    // Nothing says it: what each would ask for.
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"null"}]}""", "1", "parameters: fits none of the 2 alternatives of 'anyOf': expected a text; "
        + "there is a whole number; or expected null; there is a whole number")]
    [InlineData(
        """{"oneOf":[{"required":["a"]},{"required":["b"]}]}""", "{}",
        "parameters: fits none of the 2 alternatives of 'oneOf': parameters.a is required; or parameters.b is required")]
    [InlineData(
        """{"oneOf":[{"minimum":1},{"minimum":2},{"type":"null"}]}""", "3", "parameters: fits oneOf[0] and oneOf[1]; expected to fit exactly one")]
    public void Of_alternatives_the_one_that_was_meant_is_explained(string schema, string value, string expected) =>
        Assert.Equal(expected, string.Join('|', Check(schema, value)));

    [Fact]
    public void No_value_is_ever_repeated_in_a_message()
    {
        const string secret = "hunter2hunter2";
        const string schema =
            """
            {"properties":{"a":{"type":"integer"},"b":{"enum":["x"]},"c":{"pattern":"^x$"},"d":{"maxLength":1},"e":{"const":1},
             "f":{"format":"date","not":{"type":"string"}},
            "g":{"anyOf":[{"type":"null"},{"maxLength":2}]},"h":{"uniqueItems":true},"i":{"contains":{"type":"null"}},"j":{"multipleOf":7},
            "k":{"maximum":1}}}
            """;
        var parameters = $$"""
            {"a":"{{secret}}","b":"{{secret}}","c":"{{secret}}","d":"{{secret}}","e":"{{secret}}","f":"{{secret}}","g":"{{secret}}",
             "h":["{{secret}}","{{secret}}"],"i":["{{secret}}"],"j":98765432,"k":98765432}
            """;

        var problems = Check(schema, parameters);

        Assert.Equal(11, problems.Length);
        Assert.DoesNotContain(problems, p => p.Contains(secret, StringComparison.Ordinal) || p.Contains("98765432", StringComparison.Ordinal));
    }

    [Fact]
    public void A_great_many_problems_are_counted_and_the_first_thousand_listed()
    {
        var problems = Read("""{"items":{"type":"null"}}""").Check(SchemaReadingTests.Json($"[{string.Join(',', Enumerable.Repeat("1", 3_000))}]"));

        Assert.Equal(ParameterSchema.MostProblems + 1, problems.Length);
        Assert.Equal("and 2000 more problems", problems[^1].Message);
    }

    [Theory]
    [InlineData("""{"multipleOf":0.1}""", "0.3", true)]
    [InlineData("""{"multipleOf":0.01}""", "19.99", true)]
    [InlineData("""{"multipleOf":3}""", "1e1000000000000", false)]
    [InlineData("""{"multipleOf":2}""", "1e1000000000000", true)]
    [InlineData("""{"multipleOf":1e-1000000000}""", "1", true)]
    [InlineData("""{"multipleOf":1e400}""", "1e399", false)]
    [InlineData("""{"maximum":9007199254740992}""", "9007199254740993", false)]
    [InlineData("""{"minimum":0.30000000000000000001}""", "0.3", false)]
    [InlineData("""{"const":1e400}""", "10e399", true)]
    [InlineData("""{"const":-0}""", "0.00", true)]
    [InlineData("""{"type":"integer"}""", "1.50e1", true)]
    [InlineData("""{"type":"integer"}""", "1e-1", false)]
    [InlineData("""{"minLength":1e0,"maxLength":10e-1}""", "\"\ud83d\ude00\"", true)]
    [InlineData("""{"enum":[[1,{"a":2}]]}""", """[1.0,{"a":2e0}]""", true)]
    [InlineData("""{"enum":[1]}""", "true", false)]
    public void Numbers_are_exact_and_lengths_are_of_characters(string schema, string value, bool fits) =>
        Assert.Equal(fits, Check(schema, value).Length == 0);

    [Theory]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","$defs":{},"prefixItems":[false],"unevaluatedItems":false}""", "[1]")]
    [InlineData("""{"additionalItems":false,"dependencies":{"a":false},"format":"date"}""", """{"a":1}""")]
    [InlineData("""{"format":"date"}""", "\"someday\"")]
    public void Keywords_unknown_to_a_draft_and_formats_check_nothing(string schema, string value) => Assert.Empty(Check(schema, value));

    [Fact]
    public void Defaults_may_lack_what_a_submission_adds_but_not_be_wrong()
    {
        const string schema =
            """
            {"type":"object","required":["name","date"],"minProperties":3,"additionalProperties":false,"maxProperties":4,
             "properties":{"name":{"type":"string"},"date":{"type":"string"},"mode":{"enum":["fast","slow"]},
             "level":{"type":"object","required":["n"]},"x":true},
             "allOf":[{"properties":{"level":{"properties":{"n":{"type":"integer"}}}}}],
             "anyOf":[{"required":["date"]}],"if":{"properties":{"mode":{"const":"fast"}}},"then":{"required":["level"]},
             "dependentRequired":{"name":["date"]}}
            """;

        Assert.Empty(Defaults(schema, """{"name":"a"}"""));
        Assert.Empty(Defaults(schema, """{}"""));
        Assert.Equal(
            ["parameters.level.n", "parameters.mode", "parameters.name", "parameters.nmae"],
            Defaults(schema, """{"name":1,"nmae":"b","mode":"no","level":{}}""").Select(p => p.Split(':')[0]).Order(StringComparer.Ordinal));
        Assert.Equal("parameters.level.n: expected a whole number; there is a text", Assert.Single(Defaults(schema, """{"level":{"n":"1"}}""")));
        Assert.Single(Defaults(schema, """{"name":"a","date":"b","mode":"fast","level":{"n":1},"x":1}"""));
        Assert.Single(Defaults("false", "{}"));
    }

    [Fact]
    public void Deep_values_and_schemas_that_multiply_are_given_up_on_with_a_reason()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 5_000)) + new string(']', 5_000);
        Assert.Contains("deeper than 100 levels", Assert.Single(Check("""{"items":{"$ref":"#"}}""", deep)), StringComparison.Ordinal);

        var doubling = SchemaReadingTests.Links(40, """{"allOf":[{"$ref":"#/$defs/d~"},{"$ref":"#/$defs/d~"}]}""");
        Assert.Contains(
            "too many steps", Assert.Single(Check("{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + doubling + "\"d40\":true}}", "1")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Many_divisions_of_long_numbers_are_given_up_on_with_a_reason()
    {
        var divisor = new string('7', 9_999);
        Assert.Empty(Check("{\"items\":{\"multipleOf\":" + divisor + "}}", $"[{divisor},{divisor}0,{divisor}e400]"));
        Assert.Contains("too many steps", Assert.Single(Check("{\"items\":{\"multipleOf\":" + divisor
            + "}}", $"[{string.Join(',', Enumerable.Repeat("3e999999999999999", 800))}]")), StringComparison.Ordinal);
        Assert.Empty(Check("""{"items":{"multipleOf":0.01}}""", $"[{string.Join(',', Enumerable.Repeat("3e999999999999999,12345678.25", 50_000))}]"));
    }

    [Fact]
    public void Patterns_that_each_answer_in_time_may_not_take_for_ever_together()
    {
        var pattern = new PatternKeyword(EcmaPattern.Of("^(?=a)(a+)+$"));
        var run = new Evaluation(partial: false, TimeSpan.FromMilliseconds(50));
        var text = JsonData.OfText(new string('a', 16) + "!");

        var given = Assert.Throws<CheckAbandonedException>(() =>
        {
            while (!pattern.Fits(text, JsonPath.Root("parameters"), null, run))
            {
            }
        });

        Assert.Equal(
            "the patterns took 0.05 s together, the last of them \"^(?=a)(a+)+$\" at parameters; make them or the value simpler", given.Message);
    }

    [Fact]
    public void Names_that_may_have_been_meant_are_looked_for_only_so_often()
    {
        var schema = "{\"additionalProperties\":false,\"properties\":{"
            + string.Join(',', Enumerable.Range(0, 1_000).Select(i => $"\"name{i}\":true")) + "}}";

        var problems = Check(schema, "{" + string.Join(',', Enumerable.Range(0, 30).Select(i => $"\"nmae{i}\":1")) + "}");

        Assert.Equal("parameters.nmae9: is not expected here; did you mean 'name9'?", problems[9]);
        Assert.Equal("parameters.nmae29: is not expected here", problems[29]);
    }

    [Fact]
    public void A_check_as_deep_as_is_allowed_fits_a_small_stack()
    {
        var tower = SchemaReadingTests.Links(40, """{"anyOf":[{"oneOf":[{"allOf":[{"$ref":"#/$defs/d~"}]}]}]}""");
        var schema = Read("{\"items\":{\"$ref\":\"#/$defs/d0\"},\"$defs\":{" + tower + "\"d40\":{\"$ref\":\"#\"}}}");
        var value = SchemaReadingTests.Json(string.Concat(Enumerable.Repeat("[", 60)) + new string(']', 60));
        ImmutableArray<Runner.Messages.Problem> problems = default;
        var thread = new Thread(() => problems = schema.Check(value), 512 * 1024);
        thread.Start();
        thread.Join();

        Assert.Contains("deeper than 500 schemas", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    private static string[] Check(string schema, string value) =>
        [.. Read(schema).Check(SchemaReadingTests.Json(value)).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Field}: {p.Message}"))];

    private static string[] Defaults(string schema, string parameters) =>
        [.. Read(schema).CheckDefaults(Of(parameters)).Select(p => $"{p.Field}: {p.Message}")];

    private static ImmutableSortedDictionary<string, JsonElement> Of(string parameters) =>
        SchemaReadingTests.Json(parameters).EnumerateObject().ToImmutableSortedDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);

    private static ParameterSchema Read(string schema)
    {
        Assert.True(ParameterSchema.TryRead(SchemaReadingTests.Json(schema), "schema", out var read, out var problems), string.Join("; ", problems));
        return read;
    }
}
