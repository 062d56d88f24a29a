using System.Text;
using System.Text.Json;
using Runner.Cli;
using Runner.Cli.Terminal;
using Runner.Host.Commands;
using Runner.Host.Configuration;

namespace Runner.Host.Tests.Commands;

public sealed class ParametersCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runner-parameters-").FullName;
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Parameters_that_fit_are_exit_code_0()
    {
        Assert.Equal(0, await CheckAsync(Write("s.json", """{"required":["a"]}"""), """{"a":1}"""));
        Assert.Equal(0, await CheckAsync(Write("s.yaml", "required: [a]\n"), Write("p.yaml", "a: {b: [1, x]}\n")));
        Assert.Equal(0, await CheckAsync(Write("n.json", """{"type":"integer"}"""), "5"));
        Assert.Equal(string.Concat(Enumerable.Repeat("The parameters fit the schema.\n", 3)), _output.ToString());
    }

    [Fact]
    public async Task Every_violation_is_said_and_exit_code_1()
    {
        var schema = Write("s.yaml", "required: [a]\nproperties: {l: {items: {type: string}}}\n");

        Assert.Equal(1, await CheckAsync(schema, Write("p.json", """{"l": ["x", 5]}""")));
        Assert.Equal("error: the parameters do not fit the schema: 2 problems.\n  parameters.a: is required\n  parameters.l[1]: expected a text; "
            + "there is a whole number\n", _error.ToString());

        Assert.Equal(1, await CheckAsync(schema, """{"l":["x",5]}""", "--json"));
        Assert.Equal(
            """{"valid":false,"errors":[{"path":"parameters.a","message":"is required"},{"path":"parameters.l[1]","message":"expected a text; """
            + """there is a whole number"}]}""" + "\n",
            _output.ToString());
    }

    [Fact]
    public async Task A_wrong_schema_is_said_and_exit_code_1()
    {
        Assert.Equal(1, await CheckAsync(Write("s.json", """{"properties":{"a":{"type":"x"}}}"""), "{}"));
        Assert.StartsWith(
            "error: the schema is wrong: one problem.\n  schema.properties.a.type: expected null, boolean", _error.ToString(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--schema: /no/such:1:1: cannot be read", "--schema", "/no/such", "--parameters", "{}")]
    [InlineData("--parameters: expected a file or JSON", "--schema", "SCHEMA", "--parameters", "{bad")]
    [InlineData("--parameters: expected a file or JSON", "--schema", "SCHEMA", "--parameters", "{\"a\":1,\"a\":2}")]
    [InlineData("--parameters: expected a file or JSON", "--schema", "SCHEMA", "--parameters", "{\"\\ud800\":1}")]
    [InlineData("--parameters: expected a file or JSON; there is nothing", "--schema", "SCHEMA", "--parameters", "")]
    [InlineData("--parameters: nothing:1:1: cannot be read", "--schema", "SCHEMA", "--parameters", "nothing")]
    [InlineData("expected --schema FILE and --parameters FILE|JSON, or --batch", "--schema", "SCHEMA")]
    [InlineData("expected neither --schema nor --parameters", "--batch", "--schema", "SCHEMA")]
    public async Task What_cannot_be_read_is_wrong_usage(string words, params string[] args)
    {
        var schema = Write("s.json", "true");

        var problem = await Assert.ThrowsAsync<UsageException>(() => RunAsync("", [.. args.Select(a => a == "SCHEMA" ? schema : a)]));

        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_wrong_is_refused_with_its_place()
    {
        var problem = await Assert.ThrowsAsync<UsageException>(() => CheckAsync(Write("s.json", "{\n  \"type\": }"), "{}"));
        Assert.Contains("s.json:2:11: this is not JSON", problem.Message, StringComparison.Ordinal);

        problem = await Assert.ThrowsAsync<UsageException>(() => CheckAsync(Write("s.yaml", "a: 1\nb: c: d"), "{}"));
        Assert.Contains("s.yaml:2:5: this is not YAML", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_answers_each_line_with_one_line_in_order_whatever_it_is()
    {
        string[] lines =
        [
            """{"schema":{"type":"integer"},"parameters":1}""",
            "",
            """{"schema":{"type":"integer"},"parameters":"x","id":7}""",
            "nonsense",
            "[1]",
            """{"parameters":1}""",
            """{"schema":true}""",
            """{"schema":{"type":"x"},"parameters":1}""",
            """{"schema":true,"parameters":{"\ud800":1}}""",
            """{"schema":{"required":["é"]},"parameters":{}}""",
            """{"schema":true,"parameters":null}""" + "\r",
        ];

        Assert.Equal(0, await RunAsync(string.Join('\n', lines), "--batch"));

        var answers = _output.ToString().TrimEnd('\n').Split('\n').Select(a => JsonElement.Parse(a)).ToList();
        Assert.Equal(lines.Length, answers.Count);
        Assert.Equal(
            [true, false, false, false, false, false, false, false, false, false, true], answers.Select(a => a.GetProperty("valid").GetBoolean()));
        Assert.Equal(
            ["", "parameters", "", "", "schema", "parameters", "schema.type", "", "parameters[\"é\"]"],
            answers.Where(a => !a.GetProperty("valid").GetBoolean()).Select(a => a.GetProperty("errors")[0].GetProperty("path").GetString()));
        Assert.Equal("{\"valid\":true}", _output.ToString().Split('\n')[0]);
    }

    [Fact]
    public async Task B64_a_batch_answers_every_line_whatever_a_reference_leads_to()
    {
        string[] lines =
        [
            """{"schema":{"x":{"maxLength":"3"},"$ref":"#/x"},"parameters":1}""", """{"schema":{"x":{"pattern":"["},"$ref":"#/x"},"parameters":1}""",
            """{"schema":true,"parameters":1}""",
        ];

        Assert.Equal(0, await RunAsync(string.Join('\n', lines), "--batch"));

        var answers = _output.ToString().TrimEnd('\n').Split('\n').Select(a => JsonElement.Parse(a)).ToList();
        Assert.Equal([false, false, true], answers.Select(a => a.GetProperty("valid").GetBoolean()));
        Assert.Equal(
            ["schema.x.maxLength", "schema.x.pattern"], answers.Take(2).Select(a => a.GetProperty("errors")[0].GetProperty("path").GetString()));
    }

    [Fact]
    public async Task B64_a_batch_answers_every_line_though_the_program_fails_at_one()
    {
        var output = new StringWriter { NewLine = "\n" };
        using var input = new MemoryStream("good\nbad\ngood"u8.ToArray());

        await new LineBatch(input, output).RunAsync(
            line => line.Span.SequenceEqual("bad"u8) ? throw new InvalidOperationException("a fault") : "answer", problem => problem,
            CancellationToken.None);

        var answers = output.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(("answer", "answer", 3), (answers[0], answers[2], answers.Length));
        Assert.Contains("mistake in the program", answers[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_lines_take_their_turn_and_the_schemas_that_they_share_are_read_once()
    {
        var lines = new StringBuilder();
        for (var i = 0; i < 20_000; i++)
        {
            lines.Append("{\"schema\":{\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":").Append(i % 3_000)
                .Append("}}},\"parameters\":{\"a\":").Append(i).Append("}}\n");
        }

        Assert.Equal(0, await RunAsync(lines.ToString(), "--batch"));

        Assert.Equal(string.Concat(Enumerable.Repeat("{\"valid\":true}\n", 20_000)), _output.ToString());
    }

    [Fact]
    public async Task A_line_without_an_end_is_refused_without_being_kept_and_the_next_is_answered()
    {
        var line = new string('x', LineBatch.LongestLine + 70_000);

        Assert.Equal(0, await RunAsync($"{line}\n{{\"schema\":true,\"parameters\":1}}\n{line}", "--batch"));

        var answers = _output.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(3, answers.Length);
        Assert.Contains("longer than 8 MiB", answers[0], StringComparison.Ordinal);
        Assert.Equal("{\"valid\":true}", answers[1]);
        Assert.Contains("longer than 8 MiB", answers[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_is_handed_on_before_the_next_line_is_there()
    {
        var pipe = new System.IO.Pipelines.Pipe();
        var answered = new TaskCompletionSource();
        await using var output = new TellingWriter(answered);
        var running = new LineBatch(pipe.Reader.AsStream(), output).RunAsync(line => $"{line.Length}", problem => problem);

        await pipe.Writer.WriteAsync("abc\nde"u8.ToArray());
        await answered.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("3\n", output.Written);

        await pipe.Writer.CompleteAsync();
        await running;
        Assert.Equal("3\n2\n", output.Written);
    }

    private Task<int> CheckAsync(string schema, string parameters, params string[] more) =>
        RunAsync("", ["--schema", schema, "--parameters", parameters, .. more]);

    private Task<int> RunAsync(string input, params string[] args) =>
        ParametersCommand.Create(Surroundings, () => new MemoryStream(Encoding.UTF8.GetBytes(input))).Parse(["check", .. args])
            .InvokeAsync(new System.CommandLine.InvocationConfiguration { EnableDefaultExceptionHandler = false });

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private HostEnvironment Surroundings() => new(
        (_, _) => throw new InvalidOperationException("no node is started"), SystemTime.Provider, _output, _error,
        new Style(false), new Style(false), _ => null, () => throw new InvalidOperationException("nothing is to be stopped"));

    /// <summary>Says when what was written is handed on.</summary>
    private sealed class TellingWriter(TaskCompletionSource flushed) : StringWriter
    {
        public string Written { get; private set; } = "";

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Written = ToString();
            if (Written.Length > 0)
            {
                flushed.TrySetResult();
            }

            return Task.CompletedTask;
        }
    }
}
