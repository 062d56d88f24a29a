using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.Deployments;
using Runner.Messages.Deployments;

namespace Runner.Actors.Tests.Deployments;

/// <summary>What is refused when a deployment with a schema is registered.</summary>
public sealed class ParameterRulesTests
{
    private const string Schema =
        """{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"count":{"type":"integer"}},"additionalProperties":false}""";

    [Fact]
    public void A_default_that_is_missing_may_come_with_a_submission()
    {
        Assert.Empty(Problems(Spec("{}")));
        Assert.Empty(Problems(Spec("""{"count":1}""")));
    }

    [Fact]
    public void A_default_that_is_wrong_is_refused_where_it_stands()
    {
        Assert.Equal(["parameters.cuont: is not expected here; did you mean 'count'?", "parameters.name: expected a text; there is null"], Problems(
            Spec("""{"name":null,"cuont":1}""")));
    }

    [Fact]
    public void A_schedules_runs_are_checked_as_they_will_be_and_each_problem_is_where_it_can_be_put_right()
    {
        var spec = Spec("""{"count":"one"}""") with { Schedules = [Every("{}"), Every("""{"name":"a"}"""), Every("""{"name":1,"count":1}""")] };

        Assert.Equal(
            [
                "parameters.count: expected a whole number; there is a text", "schedules[0].parameters.name: is required",
                "schedules[2].parameters.name: expected a text; there is a whole number",
            ],
            Problems(spec));
        Assert.Empty(Problems(Spec("""{"name":"a"}""") with { Schedules = [Every("""{"count":2}""")] }));
    }

    [Fact]
    public void Without_enforcement_the_schema_is_only_kept_but_has_to_be_one()
    {
        Assert.Empty(Problems(Spec("""{"name":1}""") with { EnforceParameterSchema = false, Schedules = [Every("""{"zzz":1}""")] }));
        Assert.Equal(
            ["parameter_schema.properties.a.type: expected null, boolean, object, array, number, string or integer, or a list of them; "
                + "there is \"txet\""],
            Problems(Spec("{}", """{"properties":{"a":{"type":"txet"}}}""") with { EnforceParameterSchema = false }));
    }

    [Fact]
    public void A_template_may_use_what_an_enforced_schema_requires()
    {
        var spec = Spec("{}") with { Command = ["x", "{{ parameters.name }}"], Env = ImmutableSortedDictionary<string, EnvValue?>.Empty.Add(
            "A", "{{ parameters.name }}") };

        Assert.Empty(Problems(spec));
        Assert.Equal(2, Problems(spec with { EnforceParameterSchema = false }).Length);
        Assert.Equal(2, Problems(spec with { ParameterSchema = null }).Length);
        Assert.Single(Problems(spec with { Command = ["x", "{{ parameters.count }}"] }));
    }

    [Fact]
    public void A_schema_has_a_largest_size()
    {
        var long_ = $$"""{"description":"{{new string('x', 256 * 1024)}}"}""";

        Assert.Equal(["parameter_schema: it is longer than 262144 characters"], Problems(Spec("{}", long_)));
    }

    [Fact]
    public void A_change_of_either_field_is_a_change_of_that_name()
    {
        var spec = Spec("{}");

        Assert.Equal(["parameter_schema"], DeploymentChanges.Between(spec, spec with { ParameterSchema = JsonElement.Parse("true") }).AsEnumerable());
        Assert.Equal(["enforce_parameter_schema"], DeploymentChanges.Between(spec, spec with { EnforceParameterSchema = false }).AsEnumerable());
        Assert.Empty(
            DeploymentChanges.Between(spec, spec with { ParameterSchema = JsonElement.Parse(Schema.Replace(",", " , ", StringComparison.Ordinal)) }));
    }

    private static string[] Problems(DeploymentSpec spec) =>
        [.. DeploymentRules.Problems(spec).Select(p => $"{p.Field}: {p.Message}").Order(StringComparer.Ordinal)];

    private static ScheduleSpec Every(string parameters) => new() { Interval = TimeSpan.FromHours(1), Parameters = Of(parameters) };

    private static DeploymentSpec Spec(string parameters, string schema = Schema) =>
        new() { Name = "a/b", Command = ["x"], Workdir = "/", Parameters = Of(parameters), ParameterSchema = JsonElement.Parse(schema) };

    private static ImmutableSortedDictionary<string, JsonElement> Of(string json) =>
        JsonElement.Parse(json).EnumerateObject().ToImmutableSortedDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
}
