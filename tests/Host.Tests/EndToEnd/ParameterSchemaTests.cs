namespace Runner.Host.Tests.EndToEnd;

/// <summary>A schema from the file that declares it to the refusal that a person reads.</summary>
public sealed class ParameterSchemaTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    private static readonly string Sample = Path.Combine(Repository.Root, "samples", "schema", "runner.yaml");

    [Fact]
    public async Task The_sample_runs_with_what_its_schema_asks_for_and_refuses_anything_else()
    {
        await node.DoAsync("deploy", Sample);

        Assert.Contains("enforced; --json shows it", await node.DoAsync("deployment", "show", "schema/report"), StringComparison.Ordinal);

        Assert.Equal("A report of 2026-01-31 as text.\n", (await node.AskAsync("submit", "schema/report", "-p", "day=2026-01-31", "--follow")).Out);

        await Cleanly.RefusesAsync(node.Data, 1, "The run was not accepted: parameters.day: is required", "submit", "schema/report");
        var refused = await node.AskAsync("submit", "schema/report", "-p", "day=yesterday", "-p", "fromat=pdf");
        Assert.Equal((1, ""), (refused.ExitCode, refused.Out));
        Assert.Contains("  parameters.day: expected a text that matches the pattern", refused.Error, StringComparison.Ordinal);
        Assert.Contains("  parameters.fromat: is not expected here; did you mean 'format'?", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("yesterday", refused.Error, StringComparison.Ordinal);

        var overridden = await node.AskAsync("submit", "schema/report", "-p", "day=yesterday", "--enforce-parameter-schema", "false", "--follow");
        Assert.Equal("A report of yesterday as text.\n", overridden.Out);
        await Cleanly.RefusesAsync(node.Data, 2, "expected true or false", "submit", "schema/report", "--enforce-parameter-schema", "maybe");
    }

    [Fact]
    public async Task The_samples_schema_can_be_asked_without_a_node()
    {
        var schema = Path.Combine(Path.GetDirectoryName(Sample)!, "report.schema.json");

        await node.DoAsync("parameters", "check", "--schema", schema, "--parameters", """{"day":"2026-01-31"}""");
        await Cleanly.RefusesAsync(node.Data, 1, "parameters.day: is required", "parameters", "check", "--schema", schema, "--parameters", "{}");
    }

    [Fact]
    public async Task What_is_wrong_is_told_at_its_line()
    {
        var file = node.Write("schema-wrong.yaml", """
            deployments:
              - name: schema/wrong
                command: ["true"]
                parameters:
                  count: many
                parameter_schema:
                  properties:
                    count:
                      type: integer
                schedules:
                  - interval: 1h
                    parameters: {count: few}
            """);
        await Cleanly.RefusesAsync(
            node.Data, 1, $"{file}:12:22: deployments[0].schedules[0].parameters.count: expected a whole number; there is a text", "deploy", file);
        await Cleanly.RefusesAsync(
            node.Data, 1, $"{file}:5:7: deployments[0].parameters.count: expected a whole number; there is a text", "deploy", file);

        node.Write("schema-wrong.yaml", """
            deployments:
              - name: schema/wrong
                command: ["true"]
                parameter_schema:
                  properties:
                    count:
                      type: intger
            """);
        await Cleanly.RefusesAsync(
            node.Data, 1, $"{file}:7:11: deployments[0].parameter_schema.properties.count.type: expected null, boolean", "deploy", file);
    }

    [Fact]
    public async Task B64_what_only_a_reference_reaches_is_told_at_its_line_by_deploy_and_serve()
    {
        var file = node.Write("schema-behind.yaml", """
            deployments:
              - name: schema/behind
                command: ["true"]
                parameter_schema:
                  $ref: "#/x"
                  x:
                    maxLength: "3"
            """);

        await Cleanly.RefusesAsync(
            node.Data, 1, $"{file}:7:9: deployments[0].parameter_schema.x.maxLength: expected a whole number of 0 or more", "deploy", file);
        var data = Directory.CreateTempSubdirectory("runner-test-").FullName;
        var served = await Cleanly.AskAsync(data, "serve", file, "--listen", "127.0.0.1:0");
        Assert.Equal(1, served.ExitCode);
        Assert.Contains(
            $"{file}:7:9: deployments[0].parameter_schema.x.maxLength: expected a whole number of 0 or more", served.Error, StringComparison.Ordinal);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task What_was_deployed_is_exported_and_a_redeploy_changes_nothing()
    {
        var file = node.Write("schema-export.yaml", """
            deployments:
              - name: schema/export
                command: ["true"]
                parameter_schema: {properties: {a: {enum: [1, 2.50, "x", null]}}}
                enforce_parameter_schema: false
            """);
        await node.DoAsync("deploy", file);
        var exported = Path.Combine(node.Root, "exported.yaml");
        await node.DoAsync("export", exported);

        Assert.Contains(
            "parameter_schema: {properties: {a: {enum: [1, 2.50, x, null]}}}", await File.ReadAllTextAsync(exported), StringComparison.Ordinal);
        Assert.StartsWith("unchanged", (await node.DoAsync("deploy", file)).TrimStart(), StringComparison.OrdinalIgnoreCase);
    }
}
