using System.Text;
using Runner.Client.DeploymentFiles;

namespace Runner.Client.Tests.DeploymentFiles;

public sealed class DeploymentFileErrorTests : IDisposable
{
    private const string Durations = "a duration such as 500ms, 10s, 5m, 1h30m or 2d";
    private const string Instant = "an instant with its offset from UTC, such as 2026-01-31T04:00:00Z or 2026-01-31T04:00:00+01:00";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Each line stands at line 4, column 5 of a file that is right otherwise.</summary>
    [Theory]
    [InlineData("timeut: 1h", "4:5: deployments[0].timeut: unknown field; did you mean 'timeout'?")]
    [InlineData("stopGrace: 1h", "4:5: deployments[0].stopGrace: unknown field; did you mean 'stop_grace'?")]
    [InlineData("name: a/c", "4:5: 'name' stands here a second time; the first is in line 2")]
    [InlineData("tags: [a, -]", "4:15: this is not YAML: a '-' alone is no text here; write it in quotes: \"-\"")]
    [InlineData(
        "description: - x", "4:18: this is not YAML: a '-' begins a list, which begins on a line of its own; a text that begins so stands in quotes")]
    [InlineData("description: 5", "4:18: deployments[0].description: expected a text (in quotes, if it is meant as one); there is the number 5")]
    [InlineData("description: [x]", "4:18: deployments[0].description: expected a text; there is a list")]
    [InlineData("tags: demo", "4:11: deployments[0].tags: expected a list of texts, such as [demo]; there is the text 'demo'")]
    [InlineData("tags: [{a: b}]", "4:12: deployments[0].tags[0]: expected a text; there is a mapping")]
    [InlineData(
        "workdir: true", "4:14: deployments[0].workdir: expected the path of a folder (in quotes, if it is meant as one); there is the boolean true")]
    [InlineData("workdir: \"a\\0b\"", "4:14: deployments[0].workdir: a NUL character cannot be handed to a program")]
    [InlineData("env: [A]", "4:10: deployments[0].env: expected a mapping of variables to texts, such as {GREETING: hi}; there is a list")]
    [InlineData("env: {A: [1]}", "4:14: deployments[0].env.A: expected a text, null to remove the variable, or where it is read at start, "
        + "such as {from_env: NAME}, {from_file: /run/secrets/name} or {from_command: [pass, show, name]}; there is a list")]
    [InlineData("env: {A: {}}", "4:14: deployments[0].env.A: expected one of 'from_env', 'from_file' and 'from_command'")]
    [InlineData("env: {A: {from_env: X, from_file: /x}}", "4:14: deployments[0].env.A: expected one of 'from_env', 'from_file' and 'from_command'")]
    [InlineData("env: {A: {from_env: null}}", "4:15: deployments[0].env.A.from_env: is required: expected where the value is read")]
    [InlineData("env: {A: {from_env: [x]}}", "4:25: deployments[0].env.A.from_env: expected the name of a variable of the node; there is a list")]
    [InlineData("env: {A: {from_command: pass}}", "4:29: deployments[0].env.A.from_command: expected a list of a program and its arguments, "
        + "such as [pass, show, name]; there is the text 'pass'")]
    [InlineData("env: {A: {from_command: []}}", "4:29: deployments[0].env.A.from_command: expected a list of a program and its arguments, "
        + "such as [pass, show, name]; there is an empty list")]
    [InlineData("env: {A: {from_fil: /x}}", "4:15: deployments[0].env.A.from_fil: unknown field; did you mean 'from_file'?")]
    [InlineData("env: {'A=B': c}", "4:11: deployments[0].env: 'A=B' cannot be the name of a variable")]
    [InlineData("requires: [gpu]", "4:15: deployments[0].requires: expected a mapping of labels to values, such as "
        + "{gpu: \"true\", zone: [a, b], \"!spot\": null}; there is a list")]
    [InlineData("requires: {spot: null}", "4:16: deployments[0].requires.spot: expected a value, or several; "
        + "for nodes without the label write \"!spot\": null")]
    [InlineData("requires: {spot: }", "4:16: deployments[0].requires.spot: expected a value, or several; "
        + "for nodes without the label write \"!spot\": null")]
    [InlineData("requires: {!spot: null}", "4:16: the tag !spot: does not fit this value; "
        + "only YAML's own tags are known. A text that begins with '!' stands in quotes")]
    [InlineData("requires: {zone: {a: b}}", "4:22: deployments[0].requires.zone: expected a text, or a list of texts of which any will do; "
        + "there is a mapping")]
    [InlineData("requires: {zone: [a, [b]]}", "4:26: deployments[0].requires.zone[1]: expected a text; there is a list")]
    [InlineData("on_node_loss: retry", "4:19: deployments[0].on_node_loss: expected a mapping such as {action: retry, after: 1m}; "
        + "there is the text 'retry'")]
    [InlineData("on_node_loss: {action: rety}", "4:28: deployments[0].on_node_loss.action: expected wait, retry or crash (did you mean 'retry'?); "
        + "there is the text 'rety'")]
    [InlineData("parameters: [1]", "4:17: deployments[0].parameters: expected a mapping of names to values; there is a list")]
    [InlineData(
        "parameters: {a: .inf}",
        "4:21: deployments[0].parameters.a: expected a value that JSON has; there is the number .inf (put it in quotes to make it a text)")]
    [InlineData("parameter_schema: 5", "4:23: deployments[0].parameter_schema: expected a JSON Schema as a mapping, or the path of a file with one, "
        + "such as parameters.schema.json; there is the number 5")]
    [InlineData("parameter_schema: [a]", "4:23: deployments[0].parameter_schema: expected a JSON Schema as a mapping, "
        + "or the path of a file with one, such as parameters.schema.json; there is a list")]
    [InlineData("enforce_parameter_schema: yes", "4:31: deployments[0].enforce_parameter_schema: expected true or false; there is the text 'yes'")]
    [InlineData(
        "schedules: {interval: 10s}", "4:16: deployments[0].schedules: expected a list of schedules, such as [{interval: 10s}]; there is a mapping")]
    [InlineData(
        "schedules: [10s]",
        "4:17: deployments[0].schedules[0]: expected a schedule, such as {interval: 10s} or {cron: \"0 4 * * *\"}; there is the text '10s'")]
    [InlineData("schedules: [{}]", "4:17: deployments[0].schedules[0]: expected one of 'interval', 'cron' and 'rrule'; there is none")]
    [InlineData(
        "schedules: [{interval: 1s, cron: '* * * * *'}]",
        "4:17: deployments[0].schedules[0]: expected one of 'interval', 'cron' and 'rrule'; there are 'interval' and 'cron'")]
    [InlineData("schedules: [{rrule: }]", "4:18: deployments[0].schedules[0].rrule: expected a value; there is nothing")]
    [InlineData("schedules: [{rrule: 5}]", "4:25: deployments[0].schedules[0].rrule: expected a recurrence rule, "
        + "such as \"FREQ=MONTHLY;BYDAY=-1FR\" (in quotes, if it is meant as one); there is the number 5")]
    [InlineData("schedules: [{interval: 1s, end: 2026-01-01}]", "4:37: deployments[0].schedules[0].end: expected " + Instant
        + "; there is the text '2026-01-01'")]
    [InlineData(
        "schedules: [{interval: 1s, max_runs: 1.5}]", "4:42: deployments[0].schedules[0].max_runs: expected a whole number; there is the number 1.5")]
    [InlineData("schedules: [{interval: 1s, jitter: much}]", "4:40: deployments[0].schedules[0].jitter: expected " + Durations
        + "; there is the text 'much'")]
    [InlineData(
        "schedules: [{cron: '* * * * *', day_or: maybe}]",
        "4:45: deployments[0].schedules[0].day_or: expected true or false; there is the text 'maybe'")]
    [InlineData("catchup_limit: all", "4:20: deployments[0].catchup_limit: expected a whole number; there is the text 'all'")]
    [InlineData("schedules: [{cron: }]", "4:18: deployments[0].schedules[0].cron: expected a value; there is nothing")]
    [InlineData("schedules: [{interval: soon}]", "4:28: deployments[0].schedules[0].interval: expected " + Durations + "; there is the text 'soon'")]
    [InlineData("schedules: [{interval: 1s, anchor: 2026-01-01}]", "4:40: deployments[0].schedules[0].anchor: expected " + Instant
        + "; there is the text '2026-01-01'")]
    [InlineData("schedules: [{crom: '* * * * *', interval: 1s}]", "4:18: deployments[0].schedules[0].crom: unknown field; did you mean 'cron'?")]
    [InlineData(
        "schedules: [{interval: 1s, active: yes}]", "4:40: deployments[0].schedules[0].active: expected true or false; there is the text 'yes'")]
    [InlineData("catchup: last", "4:14: deployments[0].catchup: expected all, latest or none; there is the text 'last'")]
    [InlineData(
        "catchup: lattest", "4:14: deployments[0].catchup: expected all, latest or none (did you mean 'latest'?); there is the text 'lattest'")]
    [InlineData("concurrency: 1", "4:18: deployments[0].concurrency: expected a mapping such as {limit: 1, on_full: queue}; there is the number 1")]
    [InlineData("concurrency: {on_full: queue}", "4:18: deployments[0].concurrency.limit: is required: expected a whole number of 1 or more")]
    [InlineData("concurrency: {limit: 1.5}", "4:26: deployments[0].concurrency.limit: expected a whole number; there is the number 1.5")]
    [InlineData(
        "concurrency: {limit: 1, on_full: drop}",
        "4:38: deployments[0].concurrency.on_full: expected queue, cancel_new or cancel_running; there is the text 'drop'")]
    [InlineData("limits: 5", "4:13: deployments[0].limits: expected a list of the names of limits, such as [database]; there is the number 5")]
    [InlineData("retries: 3", "4:14: deployments[0].retries: expected a mapping such as {count: 3, delay: 10s}; there is the number 3")]
    [InlineData(
        "retries: {delays: 1s}", "4:23: deployments[0].retries.delays: expected a list of durations, such as [1s, 10s, 1m]; there is the text '1s'")]
    [InlineData("retries: {delays: [x]}", "4:24: deployments[0].retries.delays[0]: expected " + Durations + "; there is the text 'x'")]
    [InlineData("retries: {backoff: fast}", "4:24: deployments[0].retries.backoff: expected a number; there is the text 'fast'")]
    [InlineData("retries: {maxDelay: 1s}", "4:15: deployments[0].retries.maxDelay: unknown field; did you mean 'max_delay'?")]
    [InlineData("retries: {delay: 1s, delays: [1s]}", "4:14: deployments[0].retries.delays: expected 'delay' or 'delays'; there are both")]
    [InlineData("timeout: -5s", "4:14: deployments[0].timeout: expected " + Durations + "; there is the text '-5s'")]
    [InlineData("timeout: 99999999999w", "4:14: deployments[0].timeout: expected " + Durations + "; there is the text '99999999999w'")]
    [InlineData("priority: high", "4:15: deployments[0].priority: expected a whole number; there is the text 'high'")]
    [InlineData("priority: 99999999999", "4:15: deployments[0].priority: expected a whole number; there is the number 99999999999")]
    [InlineData("paused: 1", "4:13: deployments[0].paused: expected true or false; there is the number 1")]
    public void A_wrong_field_is_refused_at_its_place(string line, string expected) =>
        Assert.Equal([expected], Problems($"deployments:\n  - name: a/b\n    command: [x]\n    {line}\n"));

    [Theory]
    [InlineData("", "1:1: the file is empty; expected 'deployments:' with a list of deployments")]
    [InlineData("# only a comment\n", "1:1: the file is empty; expected 'deployments:' with a list of deployments")]
    [InlineData("[]", "1:1: expected 'deployments:' with a list of deployments; there is an empty list")]
    [InlineData("deployments:", "1:1: deployments: is required: expected a list of deployments")]
    [InlineData("deployments: []", "1:14: deployments: expected at least one deployment; there is an empty list")]
    [InlineData("deployments: {}", "1:14: deployments: expected a list of deployments; there is an empty mapping")]
    [InlineData(
        "deploments: []",
        "1:1: deployments: is required: expected a list of deployments|1:1: deploments: unknown field; did you mean 'deployments'?")]
    [InlineData(
        "deployments: [x]", "1:15: deployments[0]: expected a deployment: a mapping with 'name', and 'command' or 'shell'; there is the text 'x'")]
    [InlineData("deployments: [{command: [x]}]", "1:15: deployments[0].name: is required: expected a name of two parts, such as hello/every-10s")]
    [InlineData(
        "deployments: [{name: hello, command: [x]}]",
        "1:22: deployments[0].name: expected a name of two parts, such as hello/every-10s; there is the text 'hello'")]
    [InlineData("deployments: [{name: a/b, shell: x, command: [x]}]", "1:27: deployments[0].shell: expected 'command' or 'shell'; there are both")]
    [InlineData(
        "deployments: [{name: a/b, shell: [x]}]",
        "1:34: deployments[0].shell: expected a text for /bin/sh, such as \"sort data > sorted\"; there is a list")]
    [InlineData(
        "deployments: [{name: a/b}]",
        "1:15: deployments[0].command: is required: expected a list of the program and its arguments, such as [python3, hello.py]")]
    [InlineData(
        "deployments: [{name: a/b, command: ls -l}]",
        "1:36: deployments[0].command: expected a list of the program and its arguments, such as [python3, hello.py]; there is the text 'ls -l'")]
    [InlineData(
        "deployments: [{name: a/b, command: []}]",
        "1:36: deployments[0].command: expected a list of the program and its arguments, such as [python3, hello.py]; there is an empty list")]
    [InlineData("deployments: [{name: a/b, command: [x, ~]}]", "1:40: deployments[0].command[1]: expected a text; there is nothing")]
    [InlineData("a: 1\n---\nb: 2\n", "2:1: a second document begins here; a file holds one")]
    [InlineData("a: *b", "1:4: *b refers to an anchor that does not end before it")]
    [InlineData("a: &b [*b]", "1:8: *b refers to an anchor that does not end before it")]
    [InlineData("a: !ruby/object x", "1:4: the tag !ruby/object does not fit this value; "
        + "only YAML's own tags are known. A text that begins with '!' stands in quotes")]
    [InlineData("? [a]\n: b", "1:1: deployments: is required: expected a list of deployments|1:3: a key has to be a text; there is a list")]
    public void A_wrong_file_is_refused_at_its_place(string yaml, string expected) => Assert.Equal(expected.Split('|'), Problems(yaml));

    [Theory]
    [InlineData("deployments:\n  - name: 'a/b\n    command: [x]\n")]
    [InlineData("deployments:\n\t- x\n")]
    [InlineData("a: [1, 2")]
    [InlineData("a: b: c")]
    [InlineData("\"\\U00110000\"")]
    [InlineData("\"\\uD800\"")]
    [InlineData("%YAML 9.9\n---\na: b")]
    [InlineData("a: @b")]
    public void What_is_not_yaml_is_refused_with_a_place_and_a_reason(string yaml)
    {
        var problem = Assert.Single(Load(yaml).Problems);
        Assert.InRange(problem.At.Line, 1, 4);
        Assert.DoesNotContain("   at ", problem.Message, StringComparison.Ordinal);
        Assert.True(problem.Message.Length > 15, problem.Message);
    }

    [Fact]
    public void Everything_wrong_in_every_file_is_said_at_once()
    {
        var one = _folder.Write("one.yaml", "deployments: [{name: a/b, command: [x], tmeout: 1}, {name: c/d}]");
        var two = _folder.Write("two.yaml", "deployments:\n  - {name: a/e, command: [x], paused: 3}\n");
        var e = Assert.Throws<DeploymentFileException>(() => DeploymentFile.Load([one, two, Path.Combine(_folder.Path, "gone.yaml")]));

        Assert.Equal(["one.yaml", "one.yaml", "two.yaml", "gone.yaml"], e.Problems.Select(p => Path.GetFileName(p.At.File)));
        Assert.StartsWith("cannot be read: ", e.Problems[3].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_stands_in_two_files_names_both_places()
    {
        var one = _folder.Write("one.yaml", "# first\ndeployments: [{name: a/b, command: [x]}]");
        var two = _folder.Write("two.yaml", "deployments: [{name: a/b, command: [x]}]");
        var e = Assert.Throws<DeploymentFileException>(() => DeploymentFile.Load([one, two]));

        Assert.Equal([$"{two}:1:16: deployments[0].name: 'a/b' is declared twice; the first is at {one}:2"], e.Problems.Select(p => p.ToString()));
    }

    [Fact]
    public void Aliases_that_multiply_a_billion_times_are_refused_quickly()
    {
        var yaml = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 20; i++)
        {
            yaml.Append(
                System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        Assert.Contains("more than 100,000 values", Assert.Single(Load(yaml.ToString()).Problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void Nesting_without_end_is_refused(string open) =>
        Assert.Contains(
            "nested deeper than 32 levels", Assert.Single(Load(string.Concat(Enumerable.Repeat(open, 100_000))).Problems).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_file_beyond_a_mebibyte_is_refused() =>
        Assert.Equal("the file is larger than 1 MiB; `runner import` takes larger ones", Assert.Single(
            Load(new string('#', FileBounds.Written.LargestFile + 1)).Problems).Message);

    [Fact]
    public void A_file_that_is_not_utf_8_is_refused_with_its_line()
    {
        var path = _folder.Write("latin.yaml", [(byte)'#', (byte)'\n', (byte)'#', 0xE9, (byte)'\n']);
        var problem = Assert.Single(Assert.Throws<DeploymentFileException>(() => DeploymentFile.Load(path)).Problems);
        Assert.Equal((2, "the file is not UTF-8; save it as that"), (problem.At.Line, problem.Message));
    }

    [Fact]
    public void A_folder_is_no_file() => Assert.Equal(
        "expected a file; there is a folder",
        Assert.Single(Assert.Throws<DeploymentFileException>(() => DeploymentFile.Load(_folder.Path)).Problems).Message);

    [Fact]
    public void More_problems_than_anyone_reads_are_counted()
    {
        var yaml = "deployments:\n" + string.Concat(Enumerable.Range(0, 150).Select(i => $"  - {{name: a/b{i}, command: [x], paused: 3}}\n"));
        var problems = Load(yaml).Problems;
        Assert.Equal(101, problems.Length);
        Assert.Equal("and 50 more problems", problems[100].Message);
    }

    private string[] Problems(string yaml) => [.. Load(yaml).Problems.Select(p => p.ToString()[(p.At.File.Length + 1)..])];

    private DeploymentFileException Load(string yaml) =>
        Assert.Throws<DeploymentFileException>(() => DeploymentFile.Load(_folder.Write("runner.yaml", yaml)));
}
