using System.Collections.Immutable;
using System.Text.Json;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Actors.Tests;

/// <summary>How variables stand in journals and on the wire.</summary>
public sealed class EnvValueTests
{
    [Theory]
    [InlineData("""{"A":"text","B":null,"C":""}""")]
    [InlineData("""{"A":{"fromEnv":"X"},"B":{"fromFile":"/run/secrets/x"},"C":{"fromCommand":["pass","show","x"]}}""")]
    public void B46_texts_are_texts_as_they_always_were_and_sources_are_objects(string env)
    {
        var json = $$$"""{"name":"a/b","tags":[],"command":["x"],"workdir":"/","env":{{{env}}}""";
        var spec = JsonSerializer.Deserialize(json + "}", MessagesJson.Default.DeploymentSpec)!;
        Assert.StartsWith(json, JsonSerializer.Serialize(spec, MessagesJson.Default.DeploymentSpec), StringComparison.Ordinal);
        Assert.Equal(3, spec.Env.Count);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"fromEnv":1}""")]
    [InlineData("""{"fromEnv":null}""")]
    [InlineData("""{"from_env":"X"}""")]
    [InlineData("""{"fromCommand":[1]}""")]
    [InlineData("""{"fromCommand":"x"}""")]
    [InlineData("""{"fromEnv":"X","fromFile":"/x"}""")]
    public void B46_anything_else_is_refused(string value)
    {
        var refused = Assert.Throws<JsonException>(
            () => JsonSerializer.Deserialize(
                $$$"""{"name":"a/b","command":["x"],"workdir":"/","env":{"A":{{{value}}}}}""", MessagesJson.Default.DeploymentSpec));
        Assert.StartsWith(
            "Expected a text, null, or one of {\"fromEnv\": NAME}, {\"fromFile\": PATH} and {\"fromCommand\": [PROGRAM, …]}.", refused.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void B46_a_source_is_kept_in_the_recipe_as_it_is_declared()
    {
        ImmutableArray<string> command = ["pass", "show", "{{ parameters.x }}"];
        Assert.Equal(
            """{"fromCommand":["pass","show","{{ parameters.x }}"]}""",
            JsonSerializer.Serialize<EnvValue>(new EnvValue.FromCommand(command), MessagesJson.Default.EnvValue));
    }
}
