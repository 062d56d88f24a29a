using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Runner.Messages.Deployments;
using Runner.Messages.Http;
using Runner.Messages.Limits;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Client.Tests.Cli;

/// <summary><c>export</c> and <c>import</c>.</summary>
public sealed class ExchangeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, DeploymentView> _deployments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _limits = new(StringComparer.Ordinal);
    private readonly List<int> _bodies = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Ten_thousand_deployments_go_to_a_file_and_from_it_to_another_node()
    {
        const int count = 10_000;
        for (var n = 0; n < count; n++)
        {
            Have(Spec($"flow/d{n:00000}") with { Description = new string('x', 500) }, paused: n == 7);
        }

        _limits["database"] = 5;
        var file = Path.Combine(_folder.Path, "all.yaml");
        await using var node = await StartAsync();

        var exported = await CliRun.OfAsync(node, ["export", file]);
        Assert.Equal((0, "", $"Wrote 10,000 deployments and 1 limit to {file}.\n"), (exported.Code, exported.Error, exported.Out));

        var before = _deployments.Values.Select(d => d.Spec).ToArray();
        _deployments.Clear();
        _limits.Clear();
        var imported = await CliRun.OfAsync(node, ["import", file, "--yes"]);

        Assert.Equal((0, ""), (imported.Code, imported.Error));
        Assert.EndsWith("Applied 10,001 changes.\n", imported.Out, StringComparison.Ordinal);
        Assert.Equal(5, _limits["database"]);
        Assert.Equal(before.Select(s => s.Name), _deployments.Keys);
        Assert.Equal(["flow/d00007"], _deployments.Values.Where(d => d.Spec.Paused).Select(d => d.Spec.Name));
        Assert.All(_bodies, b => Assert.InRange(b, 0, 4 << 20));

        var again = await CliRun.OfAsync(node, ["import", file, "--yes"]);
        Assert.Equal((0, "unchanged: 10,001\nThe node has all of it already.\n"), (again.Code, again.Out));
    }

    [Fact]
    public async Task The_plan_says_what_is_new_and_what_changes_and_nothing_happens_without_a_yes()
    {
        Have(Spec("a/same"), paused: false);
        Have(Spec("a/other") with { Priority = 3 }, paused: true);
        _limits["database"] = 2;
        var file = _folder.Write("some.yaml", """
            limits: {database: 5, fresh: 1}
            deployments:
              - {name: a/same, command: [x], workdir: /w}
              - {name: a/other, command: [x], workdir: /w, priority: 4, paused: true}
              - {name: a/new, command: [x], workdir: /w, paused: true}
            """);
        await using var node = await StartAsync();

        var dry = await CliRun.OfAsync(node, ["import", file, "--dry-run"]);
        Assert.Equal(
            """
            changed  deployment  a/other   priority
            new      deployment  a/new     paused
            changed  limit       database  2 to 5
            new      limit       fresh     1
            unchanged: 1
            Nothing was changed.

            """.ReplaceLineEndings("\n"),
            dry.Out);

        var mute = await CliRun.OfAsync(node, ["import", file]);
        Assert.Equal(2, mute.Code);
        Assert.Contains("--yes", mute.Error, StringComparison.Ordinal);
        var no = await CliRun.OfAsync(node, ["import", file], answer: () => "n");
        Assert.EndsWith("Nothing was changed.\n", no.Out, StringComparison.Ordinal);
        Assert.Contains("Apply 4 changes? [y/N]", no.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_deployments.Keys, n => n == "a/new");

        Assert.EndsWith("Applied 4 changes.\n", (await CliRun.OfAsync(node, ["import", file], answer: () => "y")).Out, StringComparison.Ordinal);
        Assert.Equal((4, false), (_deployments["a/other"].Spec.Priority, _deployments["a/other"].Spec.Paused));
        Assert.True(_deployments["a/new"].Spec.Paused);
        Assert.Equal((5, 1), (_limits["database"], _limits["fresh"]));

        var json = JsonDocument.Parse((await CliRun.OfAsync(node, ["import", file, "--yes", "--json"])).Out).RootElement;
        Assert.False(json.GetProperty("applied").GetBoolean());
        Assert.Equal(3, json.GetProperty("deployments").GetArrayLength());
    }

    [Fact]
    public async Task What_the_node_refuses_is_said_at_its_lines_and_nothing_is_imported()
    {
        var file = _folder.Write("wrong.yaml", "deployments:\n" + string.Concat(Enumerable.Range(0, 1_500)
            .Select(n => $"  - {{name: a/{(n is 3 or 1_200 ? "bad" : "good")}-{n}, command: [x], workdir: /w}}\n")));
        await using var node = await StartAsync();

        var run = await CliRun.OfAsync(node, ["import", file, "--yes"]);

        Assert.Equal(1, run.Code);
        Assert.Contains($"{file}:5:", run.Error, StringComparison.Ordinal);
        Assert.Contains($"{file}:1202:", run.Error, StringComparison.Ordinal);
        Assert.Empty(_deployments);
    }

    [Fact]
    public async Task An_export_goes_to_standard_output_unless_a_file_is_named()
    {
        Have(Spec("a/b"), paused: true);
        await using var node = await StartAsync();

        Assert.Equal(
            "deployments:\n  - name: a/b\n    command: [x]\n    workdir: /w\n    paused: true\n", (await CliRun.OfAsync(node, ["export"])).Out);
        Assert.Equal((await CliRun.OfAsync(node, ["export"])).Out, (await CliRun.OfAsync(node, ["export", "-"])).Out);
    }

    private static DeploymentSpec Spec(string name) => new() { Name = name, Command = ["x"], Workdir = "/w" };

    private void Have(DeploymentSpec spec, bool paused) =>
        _deployments[spec.Name] = new DeploymentView(spec, paused, paused ? PauseReason.User : null, FixedTime.Noon, FixedTime.Noon, null, []);

    /// <summary>A node with the deployments and limits of this test.</summary>
    private Task<FakeNode> StartAsync() => FakeNode.StartAsync((node, http) => (http.Request.Method, http.Request.Path.Value) switch
    {
        ("GET", "/api/v1/limits") => JsonAsync(
            http, new LimitPage([.. _limits.Select(l => new LimitView(l.Key, LimitKind.Named, l.Value, 0, [], [], false))], null),
            MessagesJson.Default.LimitPage),
        ("GET", "/api/v1/deployments") => ListAsync(http),
        ("PUT", "/api/v1/deployments") => RegisterAsync(http, node.Bodies.Last()),
        ("PUT", { } path) => SetAsync(http, path.Split('/')[^1], node.Bodies.Last()),
        (_, { } path) => JsonAsync(http, _deployments[string.Join('/', path.Split('/')[^2..])], MessagesJson.Default.DeploymentView),
        _ => throw new InvalidOperationException("nothing else is asked"),
    });

    private Task ListAsync(HttpContext http)
    {
        var after = http.Request.Query["after"].ToString();
        var items = _deployments.Values.Where(d => string.CompareOrdinal(d.Spec.Name, after) > 0).Take(1_000)
            .Select(d => new DeploymentSummary(d.Spec.Name, null, null, [], d.Paused, null, FixedTime.Noon)).ToImmutableArray();
        return JsonAsync(http, new DeploymentPage(items, items.Length == 1_000 ? items[^1].Name : null), MessagesJson.Default.DeploymentPage);
    }

    private Task RegisterAsync(HttpContext http, string body)
    {
        _bodies.Add(body.Length);
        var specs = JsonSerializer.Deserialize(body, MessagesJson.Default.ImmutableArrayDeploymentSpec);
        var bad = specs.Index().Where(s => s.Item.Name.Contains("bad", StringComparison.Ordinal))
            .Select(s => $$"""{"field":"deployments[{{s.Index}}].name","message":"is bad"}""").ToArray();
        if (bad.Length > 0 || specs.Length > 1_000)
        {
            return FakeNode.JsonAsync(http, 400, $$"""{"code":"deployment-invalid","detail":"no","problems":[{{string.Join(',', bad)}}]}""");
        }

        var answers = specs.Select(s => new DeploymentRegistered(s.Name, OutcomeOf(s, out var changes), changes, null, s.Paused)).ToImmutableArray();
        if (http.Request.Query["dryRun"] != "true")
        {
            foreach (var spec in specs)
            {
                Have(spec, spec.Paused);
            }
        }

        return JsonAsync(http, answers, MessagesJson.Default.ImmutableArrayDeploymentRegistered);
    }

    private RegistrationOutcome OutcomeOf(DeploymentSpec spec, out ImmutableArray<string> changes)
    {
        changes = [];
        if (!_deployments.TryGetValue(spec.Name, out var view))
        {
            return RegistrationOutcome.Created;
        }

        changes = [.. ((string, bool)[])[("priority", view.Spec.Priority != spec.Priority), ("paused", view.Spec.Paused != spec.Paused)] is var all
            ? all.Where(c => c.Item2).Select(c => c.Item1) : []];
        return changes.IsEmpty ? RegistrationOutcome.Unchanged : RegistrationOutcome.Changed;
    }

    private Task SetAsync(HttpContext http, string name, string body)
    {
        _limits[name] = JsonSerializer.Deserialize(body, HttpJson.Default.LimitBody)!.Size;
        return JsonAsync(http, new LimitChanged(name, _limits[name], true), MessagesJson.Default.LimitChanged);
    }

    private static Task JsonAsync<T>(HttpContext http, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        FakeNode.JsonAsync(http, 200, JsonSerializer.Serialize(value, type));
}
