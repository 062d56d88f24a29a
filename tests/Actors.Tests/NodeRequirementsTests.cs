using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.Deployments;
using Runner.Messages.Deployments;
using Runner.Messages.Serialization;

namespace Runner.Actors.Tests;

/// <summary>What a deployment asks of the nodes that may run it.</summary>
public sealed class NodeRequirementsTests
{
    private static readonly NodeRequirements Sample = Read("""{"zone":["b","a","b"],"gpu":"true","!spot":null}""");

    [Theory]
    [InlineData("gpu=true zone=a", null)]
    [InlineData("gpu=true zone=b more=x", null)]
    [InlineData("gpu=false zone=a", "gpu=true")]
    [InlineData("zone=c", "gpu=true, zone in (a, b)")]
    [InlineData("", "gpu=true, zone in (a, b)")]
    [InlineData("gpu=true zone=a spot=", "no spot")]
    [InlineData("spot=true", "gpu=true, no spot, zone in (a, b)")]
    public void A_node_is_accepted_or_what_it_lacks_is_named(string labels, string? missing)
    {
        var of = labels.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('=')).ToImmutableSortedDictionary(l => l[0], l => l[1]);
        Assert.Equal(missing, Sample.MissingIn(of));
        Assert.Equal(missing is null, Sample.AcceptedBy(of));
    }

    [Fact]
    public void Those_that_say_the_same_are_equal_and_have_one_text()
    {
        var same = Read("""{"!spot":null,"gpu":["true"],"zone":["a","b"]}""");
        Assert.Equal(Sample, same);
        Assert.Equal(Sample.GetHashCode(), same.GetHashCode());
        Assert.Equal("gpu=true, no spot, zone in (a, b)", same.ToString());
        Assert.Equal("""{"gpu":"true","!spot":null,"zone":["a","b"]}""", JsonSerializer.Serialize(same, MessagesJson.Default.NodeRequirements));
    }

    [Fact]
    public void Those_that_differ_have_texts_that_differ()
    {
        string[] all =
        [
            """{"a":"b, no c"}""", """{"a":"b","!c":null}""", """{"a":["b","c"]}""", """{"a":"(b, c)"}""", """{"a":"in (b, c)"}""",
            """{"a":""}""", """{"a":"\""}""", """{"a":"\\\""}""", """{"a":"\"\""}""", """{"a":["","b"]}""", """{"a":["b\", \"c"]}""", """{"a":"b"}""",
            """{"a":"no b"}""",
        ];
        Assert.Equal(all.Length, all.Select(json => Read(json).ToString()).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"gpu\"")]
    [InlineData("""{"gpu":true}""")]
    [InlineData("""{"gpu":1}""")]
    [InlineData("""{"gpu":{}}""")]
    [InlineData("""{"gpu":["a",null]}""")]
    [InlineData("""{"gpu":["a",1]}""")]
    public void Anything_else_is_refused(string json) => Assert.StartsWith(
        "Expected an object of labels: a text, a list of texts, or null for \"!NAME\".", Assert.Throws<JsonException>(() => Read(json)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"gpu":null}""", "requires.gpu", "expected a value, or several; for nodes without the label write \"!gpu\": null")]
    [InlineData("""{"!gpu":"true"}""", "requires.!gpu", "'!gpu' is about nodes without the label and takes no value: write \"!gpu\": null")]
    [InlineData("""{"gpu":[]}""", "requires.gpu", "expected at least one value")]
    [InlineData("""{"!gpu":null,"gpu":"a"}""", "requires.!gpu", "no node has the label gpu and has it not: keep one of 'gpu' and '!gpu'")]
    [InlineData("""{"a b":"x"}""", "requires.a b", "expected the name of a label: 1 to 63 letters, digits, '-', '_', '.' and '/'")]
    [InlineData("""{"!":null}""", "requires.!", "expected the name of a label: 1 to 63 letters, digits, '-', '_', '.' and '/'")]
    [InlineData("""{"gpu":"a\nb"}""", "requires.gpu", "expected values of up to 63 characters without commas and control characters")]
    [InlineData("""{"gpu":["a","b,c"]}""", "requires.gpu", "expected values of up to 63 characters without commas and control characters")]
    public void What_is_not_possible_is_named(string json, string field, string message)
    {
        var problem = Assert.Single(DeploymentRules.Problems(Spec(Read(json))));
        Assert.Equal((field, message), (problem.Field, problem.Message));
    }

    [Fact]
    public void Its_bounds_are_possible_and_no_more_is()
    {
        static NodeRequirements Named(int length) => new([new(new string('n', length), ["x"], false)]);
        static NodeRequirements Valued(int length) => new([new("n", [new string('v', length)], false)]);
        static NodeRequirements Values(int count) => new([new("n", [.. Enumerable.Range(0, count).Select(i => $"v{i}")], false)]);
        static NodeRequirements Labels(int count) => new(Enumerable.Range(0, count).Select(i => new LabelRule($"n{i}", ["v"], false)));
        Assert.All([Named(63), Valued(63), Valued(0), Values(32), Labels(32)], possible => Assert.Empty(DeploymentRules.Problems(Spec(possible))));
        Assert.All([Named(64), Valued(64), Values(33), Labels(33)], beyond => Assert.Single(DeploymentRules.Problems(Spec(beyond))));
    }

    [Fact]
    public void None_is_as_good_as_nothing_said() => Assert.Null(Spec(Read("{}")).Requires);

    private static NodeRequirements Read(string json) => JsonSerializer.Deserialize(json, MessagesJson.Default.NodeRequirements)!;

    private static DeploymentSpec Spec(NodeRequirements requires) => new() { Name = "a/b", Command = ["x"], Workdir = "/", Requires = requires };
}
