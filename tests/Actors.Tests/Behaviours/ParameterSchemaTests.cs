using System.Text.Json;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>What a deployment's schema says of its parameters, when it is registered and when a run is submitted.</summary>
public abstract class ParameterSchemaTests(TestedStore store) : BehaviourTests(store)
{
    private const string Schema =
        """
        {"type":"object","required":["name"],"additionalProperties":false,
         "properties":{"name":{"type":"string"},"count":{"type":"integer","minimum":1},"list":{"type":"array","items":{"type":"string"}}}}
        """;

    [Fact]
    public async Task Every_violation_of_a_submission_is_refused_with_its_path_and_no_run_is_made()
    {
        await using var node = await StartAsync();
        await node.Register(Spec(node, """{"count":1}"""));

        var refused = await Submit(node, """{"count":0,"list":["a",1],"nmae":"x"}""");

        Assert.Equal(
            [
                "parameters.name: is required", "parameters.count: expected at least 1",
                "parameters.list[1]: expected a text; there is a whole number",
                "parameters.nmae: is not expected here; did you mean 'name'?",
            ],
            refused.Refused<SubmissionInvalid, RunSubmitted>().Problems.Select(p => $"{p.Field}: {p.Message}"));
        Assert.Empty(await node.Runs("schema/it"));
    }

    [Theory]
    [InlineData("""{"x":{"maxLength":"3"},"$ref":"#/x"}""", "deployments[0].parameter_schema.x.maxLength")]
    [InlineData("""{"x":{"pattern":"["},"$ref":"#/x"}""", "deployments[0].parameter_schema.x.pattern")]
    public async Task B64_a_wrong_keyword_that_only_a_reference_reaches_is_refused_with_its_path(string schema, string path)
    {
        await using var node = await StartAsync();

        var refused = await node.Node.AskAsync(
            new RegisterDeployments([Spec(node, "{}") with { ParameterSchema = JsonElement.Parse(schema) }], false), CancellationToken.None);

        Assert.Contains(path, Assert.IsType<DeploymentInvalid>(refused.Refusal).Problems.Select(p => p.Field));
    }

    [Fact]
    public async Task Submitted_parameters_are_checked_together_with_the_defaults()
    {
        await using var node = await StartAsync();
        await node.Register(Spec(node, """{"name":"a"}"""));

        var run = (await Submit(node, """{"count":2}""")).Accepted();

        Assert.Equal("Completed", (await node.Ended(run.Id)).State.Name);
        Assert.Equal(["a"], node.Lines("names"));
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData(null, false, true)]
    [InlineData(null, true, false)]
    [InlineData(false, null, true)]
    [InlineData(false, true, false)]
    [InlineData(true, null, false)]
    [InlineData(true, false, true)]
    public async Task A_submission_may_say_whether_the_schema_is_enforced(bool? deployment, bool? submission, bool accepted)
    {
        await using var node = await StartAsync();
        await node.Register(Spec(node, """{"name":"a"}""") with { EnforceParameterSchema = deployment });

        Assert.Equal(accepted, (await Submit(node, """{"count":"many"}""", submission)).Refusal is null);
    }

    [Fact]
    public async Task Without_enforcement_a_run_still_needs_what_the_command_is_made_of()
    {
        await using var node = await StartAsync();
        await node.Register(Spec(node, "{}"));

        var problem = Assert.Single((await Submit(node, "{}", enforce: false)).Refused<SubmissionInvalid, RunSubmitted>().Problems);

        Assert.Equal("parameters.name", problem.Field);
        Assert.Contains("command, environment or folder uses it", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retry_keeps_the_parameters_that_were_allowed_then()
    {
        await using var node = await StartAsync();
        await node.Register(Spec(node, "{}"));
        var first = (await Submit(node, """{"name":"a","count":3}""")).Accepted();
        await node.Ended(first.Id);
        await node.Register(Spec(node, "{}") with { ParameterSchema = JsonElement.Parse("""{"required":["name"],"properties":{"count":false}}""") });

        var again = (await node.Node.AskAsync(new RetryRun(first.Id), CancellationToken.None)).Accepted();

        await node.Ended(again.Id);
        Assert.Equal(["a", "a"], node.Lines("names"));
    }

    [Fact]
    public async Task The_schema_is_known_again_after_a_restart()
    {
        await using var node = await StartAsync();
        await node.Register(Spec(node, "{}"));
        await node.CrashAndRestartAsync();

        (await Submit(node, "{}")).Refused<SubmissionInvalid, RunSubmitted>();
    }

    private static Task<Reply<RunSubmitted>> Submit(NodeFixture node, string parameters, bool? enforce = null) => node.Node.AskAsync(
        new SubmitRun("schema/it", Replies.Json(parameters), EnforceParameterSchema: enforce), CancellationToken.None);

    private static DeploymentSpec Spec(NodeFixture node, string defaults) => node.Shell("schema/it", "echo \"$1\" >> names") with
    {
        Command = ["/bin/sh", "-c", "echo \"$1\" >> names", "sh", "{{ parameters.name }}"],
        Parameters = Replies.Json(defaults),
        ParameterSchema = JsonElement.Parse(Schema),
    };
}

public sealed class ParameterSchemaOnSqliteTests() : ParameterSchemaTests(TestedStore.Sqlite);

public sealed class ParameterSchemaOnPostgresTests() : ParameterSchemaTests(TestedStore.PostgreSql);
