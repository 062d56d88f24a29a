using Runner.Client.DeploymentFiles;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Client.Tests.DeploymentFiles;

public sealed class DeploymentFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_field_is_read()
    {
        var spec = Read(
            """
            deployments:
              - name: hello/every-10s
                description: Says hello.
                version: "1"
                tags: [demo, x]
                command: [python3, hello.py, --name, "{{ parameters.name }}", 10, true]
                workdir: sub/..
                env: {GREETING: hi, PORT: 8080, HOME: null}
                parameters: {name: world, n: 1, f: 1.50, yes: yes, on: true, no: ~, nested: {list: [1, "1"]}, hex: 0x1F, octal: 0o17, lead: 012}
                schedules:
                  - {interval: 10s, anchor: 2026-01-01T00:00:00Z, id: often}
                  - {cron: "0 4 * * sun", timezone: Europe/Berlin, parameters: {name: sunday}, active: false}
                  - {cron: "0 4 13 * fri", day_or: false, end: 2027-01-01T00:00:00+01:00, max_runs: 13, jitter: 30s}
                  - rrule: |
                      DTSTART;TZID=Europe/Paris:20260101T090000
                      RRULE:FREQ=MONTHLY;BYDAY=-1FR
                catchup: all
                catchup_limit: 500
                concurrency: {limit: 2, on_full: cancel_new}
                limits: [database]
                retries: {count: 3, delay: 10s, backoff: 2.0, max_delay: 5m, jitter: 0.1}
                timeout: 1h
                stop_grace: 1m30s
                priority: -5
                paused: true
                user: nobody
            """);

        Assert.Equal("hello/every-10s", spec.Name);
        Assert.Equal("Says hello.", spec.Description);
        Assert.Equal("1", spec.Version);
        Assert.Equal(["demo", "x"], spec.Tags.AsEnumerable());
        Assert.Equal(["python3", "hello.py", "--name", "{{ parameters.name }}", "10", "true"], spec.Command.AsEnumerable());
        Assert.Equal(_folder.Path, spec.Workdir);
        Assert.Equal([new("GREETING", "hi"), new("HOME", null), new("PORT", "8080")], spec.Env);
        Assert.Equal(
            """f=1.50 hex=31 lead=12 n=1 name="world" nested={"list":[1,"1"]} no=null octal=15 on=true yes="yes" """.TrimEnd(),
            string.Join(' ', spec.Parameters.Select(p => $"{p.Key}={p.Value.GetRawText()}")));
        Assert.Equal(TimeSpan.FromSeconds(10), spec.Schedules[0].Interval);
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), spec.Schedules[0].Anchor);
        Assert.Equal("often", spec.Schedules[0].Id);
        Assert.Null(spec.Schedules[0].Active);
        Assert.Equal(("0 4 * * sun", "Europe/Berlin", false), (spec.Schedules[1].Cron, spec.Schedules[1].Timezone, spec.Schedules[1].Active));
        Assert.Equal("sunday", spec.Schedules[1].Parameters["name"].GetString());
        Assert.Equal(
            (false, new DateTimeOffset(2026, 12, 31, 23, 0, 0, TimeSpan.Zero), 13, TimeSpan.FromSeconds(30)),
            (spec.Schedules[2].DayOr, spec.Schedules[2].End, spec.Schedules[2].MaxRuns, spec.Schedules[2].Jitter));
        Assert.Equal("DTSTART;TZID=Europe/Paris:20260101T090000\nRRULE:FREQ=MONTHLY;BYDAY=-1FR\n", spec.Schedules[3].Rrule);
        Assert.Equal((CatchUpPolicy.All, 500), (spec.CatchUp, spec.CatchUpLimit));
        Assert.Equal(new ConcurrencySpec(2, OnFull.CancelNew), spec.Concurrency);
        Assert.Equal(["database"], spec.Limits.AsEnumerable());
        Assert.Equal((3, TimeSpan.FromSeconds(10), 2.0, 0.1), (spec.Retries.Count, spec.Retries.Delay, spec.Retries.Backoff, spec.Retries.Jitter));
        Assert.Equal(TimeSpan.FromMinutes(5), spec.Retries.MaxDelay);
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromSeconds(90)), (spec.Timeout, spec.StopGrace));
        Assert.Equal((-5, true, "nobody"), (spec.Priority, spec.Paused, spec.User));
    }

    [Fact]
    public void A_parameter_schema_stands_in_the_file_or_in_one_of_its_own()
    {
        var inline = Read("deployments:\n  - {name: a/b, command: [x], parameter_schema: {type: object, properties: {n: {minimum: 0.50}}}, "
            + "enforce_parameter_schema: false}\n");
        Assert.Equal("""{"type":"object","properties":{"n":{"minimum":0.50}}}""", inline.ParameterSchema!.Value.GetRawText());
        Assert.False(inline.EnforceParameterSchema);
        Assert.Equal("true", Read("deployments:\n  - {name: a/b, command: [x], parameter_schema: true}\n").ParameterSchema!.Value.GetRawText());

        Directory.CreateDirectory(Path.Combine(_folder.Path, "schemas"));
        _folder.Write("schemas/a.json", "{\n\t\"type\": \"object\"\n}");
        _folder.Write("schemas/a.yaml", "type: object\nrequired: [a]\n");
        Assert.Equal("object", Read("deployments:\n  - {name: a/b, command: [x], parameter_schema: schemas/a.json}\n").ParameterSchema!.Value
            .GetProperty("type").GetString());
        Assert.Equal(
            """{"type":"object","required":["a"]}""",
            Read("deployments:\n  - {name: a/b, command: [x], parameter_schema: ./schemas/a.yaml}\n").ParameterSchema!.Value.GetRawText());
        Assert.Null(Read("deployments:\n  - {name: a/b, command: [x], parameter_schema: }\n").ParameterSchema);
    }

    [Theory]
    [InlineData("none.json", null, "cannot be read")]
    [InlineData("bad.json", "{\n \"a\": }", "bad.json:2:7: this is not JSON")]
    [InlineData("twice.json", "{\"a\":1,\"a\":2}", "this is not JSON")]
    [InlineData("half.json", "{\"\\ud800\":1}", "half of a surrogate pair")]
    [InlineData("half.json", "{\"const\":[\"\\udc00\"]}", "half of a surrogate pair")]
    [InlineData("bad.yaml", "a: 1\nb: c: d", "bad.yaml:2:5: this is not YAML")]
    [InlineData("empty.yaml", "", "the file is empty")]
    [InlineData("inf.yaml", "a: .inf", "expected a value that JSON has")]
    public void A_schemas_file_that_is_wrong_is_told_with_its_place_at_the_field_that_names_it(string name, string? text, string words)
    {
        if (text is not null)
        {
            _folder.Write(name, text);
        }

        var file = _folder.Write("runner.yaml", $"deployments:\n  - name: a/b\n    command: [x]\n    parameter_schema: {name}\n");

        var problem = Assert.Single(Assert.Throws<DeploymentFileException>(() => DeploymentFile.Load(file)).Problems);

        Assert.Equal((4, 23, "deployments[0].parameter_schema"), (problem.At.Line, problem.At.Column, problem.At.Field));
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_of_parameters_that_a_node_refuses_is_found_at_its_line_whatever_its_name()
    {
        var file = DeploymentFile.Load(_folder.Write(
            "runner.yaml",
            "deployments:\n  - name: a/b\n    command: [x]\n    parameters:\n      plain: 1\n      first name:\n        - a\n        - 'say \"é\"': "
            + "5\n    schedules:\n      - interval: 1h\n        parameters:\n          n:\n            deep: "
            + "1\n    parameter_schema:\n      properties:\n        a.b:\n          type: nonsense\n"));

        Assert.Equal(6, file.Locate("deployments[0].parameters[\"first name\"]")!.Line);
        Assert.Equal(8, file.Locate("deployments[0].parameters[\"first name\"][1][\"say \\\"é\\\"\"]")!.Line);
        Assert.Equal(13, file.Locate("deployments[0].schedules[0].parameters.n.deep")!.Line);
        Assert.Equal(17, file.Locate("deployments[0].parameter_schema.properties[\"a.b\"].type")!.Line);
    }

    [Fact]
    public void A_part_of_a_schema_that_a_node_refuses_is_found_at_its_line()
    {
        var file = DeploymentFile.Load(_folder.Write("runner.yaml", "deployments:\n  - name: a/b\n    command: "
            + "[x]\n    parameter_schema:\n      allOf:\n        - properties:\n            n:\n              type: nonsense\n"));

        Assert.Equal(8, file.Locate("deployments[0].parameter_schema.allOf[0].properties.n.type")!.Line);
        Assert.Equal(7, file.Locate("deployments[0].parameter_schema.allOf[0].properties.n.minimum")!.Line);
    }

    [Fact]
    public void What_is_left_out_or_empty_is_the_default()
    {
        var spec = Read("deployments:\n  - name: a/b\n    command: [x]\n    timeout:\n    tags: ~\n");

        Assert.Equal(_folder.Path, spec.Workdir);
        Assert.Null(spec.Timeout);
        Assert.Empty(spec.Tags);
        Assert.Equal(CatchUpPolicy.Latest, spec.CatchUp);
        Assert.Equal(0, spec.Retries.Count);
        Assert.Null(spec.Concurrency);
        Assert.False(spec.Paused);
    }

    [Theory]
    [InlineData("version: 1", "1")]
    [InlineData("version: 1.10", "1.10")]
    [InlineData("version: v2", "v2")]
    public void A_version_is_text_as_it_is_spelled(string line, string expected) => Assert.Equal(expected, Read(Minimal(line)).Version);

    [Fact]
    public void A_retention_says_what_it_bounds_and_nothing_else()
    {
        Assert.Null(Read(Minimal("priority: 1")).Retention);
        Assert.Equal(new RetentionSpec(TimeSpan.FromDays(7), 500), Read(Minimal("retention: {keep_for: 7d, keep_runs: 500}")).Retention);
        Assert.Equal(new RetentionSpec(), Read(Minimal("retention: {}")).Retention);
    }

    [Fact]
    public void A_list_of_delays_says_how_many_retries_there_are()
    {
        var retries = Read(Minimal("retries: {delays: [1s, 10s, 1m]}")).Retries;
        Assert.Equal(3, retries.Count);
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1)], retries.Delays.AsEnumerable());
    }

    [Fact]
    public void Anchors_and_aliases_repeat_what_they_name()
    {
        var file = Load("deployments:\n  - &a {name: a/b, command: &c [x, y]}\n  - {name: a/c, command: *c}\n");
        Assert.Equal(["x", "y"], file.Specs[1].Command.AsEnumerable());
    }

    [Fact]
    public void Several_files_are_one_list()
    {
        var one = _folder.Write("one.yaml", "deployments: [{name: a/b, command: [x]}]");
        var two = _folder.Write("two.yaml", "deployments: [{name: a/c, command: [x]}]");
        var file = DeploymentFile.Load([one, two]);

        Assert.Equal(["a/b", "a/c"], file.Specs.Select(s => s.Name));
        Assert.Equal(new SourceLocation(two, 1, 27, "deployments[0].command"), file.Locate("deployments[1].command"));
    }

    [Fact]
    public void A_nodes_refusal_is_brought_back_to_its_line()
    {
        var file = Load(
            "deployments:\n  - {name: a/b, command: [x]}\n  - name: a/c\n    command: [x]\n    schedules:\n      - interval: 10s\n      - cron: "
            + "'61 * * * *'\n");

        var explained = file.Explain([
            new Problem("deployments[1].schedules[1].cron", "a minute is 0 to 59"), new Problem("deployments[1].schedules[1].timezone", "unknown"),
            new Problem("deployments[0].workdir", "no such folder")]);

        Assert.Equal(
            [
                $"{FilePath}:7:9: deployments[1].schedules[1].cron: a minute is 0 to 59",
                $"{FilePath}:7:9: deployments[1].schedules[1].timezone: unknown",
                $"{FilePath}:2:5: deployments[0].workdir: no such folder",
            ],
            explained.Select(p => p.ToString()));
    }

    [Fact]
    public void A_refusal_of_the_one_deployment_there_is_needs_no_number() =>
        Assert.Equal(4, Load(Minimal("timeout: 1h")).Locate("timeout")?.Line);

    private string FilePath => Path.Combine(_folder.Path, "runner.yaml");

    private static string Minimal(string line) => $"deployments:\n  - name: a/b\n    command: [x]\n    {line}\n";

    private DeploymentSpec Read(string yaml) => Assert.Single(Load(yaml).Specs);

    private DeploymentFile Load(string yaml) => DeploymentFile.Load(_folder.Write("runner.yaml", yaml));
}
