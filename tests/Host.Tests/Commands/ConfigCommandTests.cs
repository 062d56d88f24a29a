using System.Text.Json;
using Runner.Cli.Terminal;
using Runner.Host.Cluster;
using Runner.Host.Commands;
using Runner.Host.Configuration;

namespace Runner.Host.Tests.Commands;

public sealed class ConfigCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runner-config-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly Dictionary<string, string> _variables = new() { ["HOME"] = "/home/me" };

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Show_lists_every_setting_with_where_it_came_from()
    {
        _variables["RUNNER_LISTEN"] = "127.0.0.1:9";
        var file = Write("node.conf", "runner {\n  limit = 7\n  allow-hosts = [a, b]\n}");

        Assert.Equal(0, await RunAsync("config", "show", "--config", file));

        var rows = _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
        Assert.Equal(["SETTING", "VALUE", "FROM"], rows[0]);
        Assert.Equal([.. NodeSetting.All.Select(s => s.Path), .. AkkaSettings.Default.Entries.Select(e => e.Path)], rows.Skip(1).Select(r => r[0]));
        Assert.Contains(["runner.data", "/home/me/.local/share/runner-actors", "default"], rows);
        Assert.Contains(["runner.listen", "127.0.0.1:9", "the variable RUNNER_LISTEN"], rows);
        Assert.Contains(["runner.limit", "7", $"{file}:2"], rows);
        Assert.Contains(["runner.allow-hosts", "a, b", $"{file}:3"], rows);
    }

    [Fact]
    public async Task Show_prints_json()
    {
        Assert.Equal(0, await RunAsync("config", "show", "--json"));

        using var json = JsonDocument.Parse(_output.ToString());
        Assert.Equal([.. NodeSetting.All.Select(s => s.Path), .. AkkaSettings.Default.Entries.Select(e => e.Path)], json.RootElement.EnumerateObject()
            .Select(p => p.Name));
        var limit = json.RootElement.GetProperty("runner.limit");
        Assert.Equal((100, "default"), (limit.GetProperty("value").GetInt32(), limit.GetProperty("from").GetString()));
        Assert.Equal(JsonValueKind.Array, json.RootElement.GetProperty("runner.allow-hosts").GetProperty("value").ValueKind);
        Assert.True(json.RootElement.GetProperty("runner.pause-on-shutdown").GetProperty("value").GetBoolean());
    }

    [Fact]
    public async Task Show_lists_the_settings_of_akka_with_where_each_came_from()
    {
        var file = Write("node.conf", "akka {\n  loglevel = INFO\n  some { list = [1, a], ssl.password = hunter2 }\n}");

        Assert.Equal(0, await RunAsync("config", "show", "--config", file));
        Assert.Equal(0, await RunAsync("config", "show", "--config", file, "--json"));

        var text = _output.ToString();
        var rows = text.Split('\n').Select(l => l.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
        Assert.Contains(["akka.loglevel", "INFO", $"{file}:2"], rows);
        Assert.Contains(["akka.some.list", "[1,\"a\"]", $"{file}:3"], rows);
        Assert.Contains(["akka.some.ssl.password", "(hidden)", $"{file}:3"], rows);
        Assert.Contains(["akka.actor.provider", "cluster", "default"], rows);
        Assert.Contains($"\"akka.loglevel\":{{\"value\":\"INFO\",\"from\":\"{file}:2\"}}", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_of_the_store_is_never_shown()
    {
        const string Settings =
            """
            runner.store { kind = postgresql, connection = "Host=db;Username=me;Password=hunter2;Database=x" }
            other = "postgresql://me:hunter2@db/x"
            """;
        var rendered = Write("all.conf", Settings);
        var shown = Write("node.conf", Settings.Split('\n')[0]);
        var wrong = Write("wrong.conf", Settings + "\nrunner.store.connection = hunter2");

        Assert.Equal(0, await RunAsync("config", "show", "--config", shown));
        Assert.Equal(0, await RunAsync("config", "show", "--config", shown, "--json"));
        Assert.Equal(0, await RunAsync("config", "render", rendered));
        Assert.Equal(2, await RunAsync("config", "show", "--config", wrong));

        Assert.Contains("Host=db;Username=me;Password=(hidden);Database=x", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("postgresql://me:(hidden)@db/x", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", _output.ToString() + _error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_says_every_mistake()
    {
        var file = Write("node.conf", "runner {\n  limit = 0\n  lisen = x\n}");

        Assert.Equal(2, await RunAsync("config", "show", "--config", file));

        Assert.Contains($"{file}:2: ", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains($"{file}:3: runner.lisen is no setting; did you mean runner.listen?", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Render_resolves_a_file_as_json()
    {
        _variables["WHO"] = "me";
        Write("other.conf", "c = 1.50");
        var file = Write("any.conf", "a { b = ${WHO}/x, include \"other\" }\nl = [1\n${a.c}]");

        Assert.Equal(0, await RunAsync("config", "render", file));

        Assert.Equal("{\n  \"a\": {\n    \"b\": \"me/x\",\n    \"c\": 1.50\n  },\n  \"l\": [\n    1,\n    1.50\n  ]\n}\n", _output.ToString());
    }

    [Fact]
    public async Task Render_says_where_a_file_is_wrong()
    {
        var file = Write("any.conf", "a = 1\nb = }");

        Assert.Equal(1, await RunAsync("config", "render", file));
        Assert.Equal(1, await RunAsync("config", "render", Path.Combine(_folder, "no.conf")));

        Assert.Contains($"error: {file}:2:5: '}}' stands where a value begins; expected", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("no.conf: there is no such file", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData("node")]
    [InlineData("serve")]
    public async Task Nodes_take_their_settings_from_a_file(string name)
    {
        var file = Write("node.conf", "\nrunner.limit = none");
        var command = name == "node" ? NodeCommand.Create(Surroundings) : ServeCommand.Create(Surroundings);

        Assert.Equal(2, await command.Parse([.. name == "node" ? Array.Empty<string>() : ["runner.yaml"], "--config", file]).InvokeAsync());

        Assert.Contains($"error: {file}:2: runner.limit: here is \"none\"; expected a whole number", _error.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] args) => ConfigCommand.Create(Surroundings).Parse(args[1..]).InvokeAsync();

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private HostEnvironment Surroundings() => new(
        (_, _) => throw new InvalidOperationException("no node is started"), SystemTime.Provider, _output, _error,
        new Style(false), new Style(false), _variables.GetValueOrDefault, () => throw new InvalidOperationException("nothing is to be stopped"));
}
