using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>Whatever is given to a node that serves: a clear sentence, the right exit code, and nothing lost.</summary>
public sealed class BadInputTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    private const string Zeros = "00000000-0000-0000-0000-000000000000";

    [Theory]
    [InlineData(1, "1:", "deployments: [ {name: a/b")]
    [InlineData(1, "did you mean 'command'?", "deployments: [{name: a/b, comand: [x]}]")]
    [InlineData(1, "interval", "deployments: [{name: a/b, command: [x], schedules: [{interval: 0s}]}]")]
    [InlineData(1, "timeout", "deployments: [{name: a/b, command: [x], timeout: 1e30s}]")]
    [InlineData(1, "concurrency.limit", "deployments: [{name: a/b, command: [x], concurrency: {limit: 0}}]")]
    [InlineData(1, "priority", "deployments: [{name: a/b, command: [x], priority: 1000000000}]")]
    [InlineData(1, "cron", "deployments: [{name: a/b, command: [x], schedules: [{cron: '61 * * * *'}]}]")]
    [InlineData(1, "name", "deployments: [{name: ab, command: [x]}]")]
    public async Task A_wrong_file_is_refused_whole_with_its_place(int exitCode, string words, string yaml)
    {
        var file = node.Write("wrong.yaml", yaml);

        await Cleanly.RefusesAsync(node.Data, exitCode, words, "deploy", file);

        var answer = await Cleanly.AskAsync(node.Data, "deploy", file);
        Assert.Matches($"(?m)^{Regex.Escape(file)}:\\d+:\\d+: ", answer.Error);
        await Cleanly.RefusesAsync(node.Data, 1, "There is no deployment", "deployment", "show", "a/b");
    }

    [Theory]
    [InlineData(2, "--parameters: expected a JSON object", "submit", "a/b", "--parameters", "{bad")]
    [InlineData(2, "--parameters: expected a JSON object", "submit", "a/b", "--parameters", "[1]")]
    [InlineData(2, "/no/such/file", "submit", "a/b", "--parameters", "@/no/such/file")]
    [InlineData(2, "KEY=VALUE", "submit", "a/b", "-p", "novalue")]
    [InlineData(2, "-1000 to 1000", "submit", "a/b", "--priority", "1000000000")]
    [InlineData(2, "--at: expected an instant", "submit", "a/b", "--at", "99999-01-01T00:00:00Z")]
    [InlineData(2, "--timeout: expected a duration", "submit", "a/b", "--wait", "--timeout", "1e30s")]
    [InlineData(2, "did you mean '--priority'?", "submit", "a/b", "--prioriti", "1")]
    [InlineData(2, "did you mean 'submit'?", "submti", "a/b")]
    [InlineData(1, "There is no deployment 'no/such'", "submit", "no/such")]
    [InlineData(1, "FLOW/NAME", "submit", "nosuch")]
    [InlineData(1, "There is no deployment 'no/such'", "deployment", "pause", "no/such")]
    [InlineData(1, "There is no deployment 'no/such'", "deployment", "resume", "no/such")]
    [InlineData(1, "There is no deployment 'no/such'", "deployment", "delete", "no/such")]
    [InlineData(1, "There is no run", "run", "show", Zeros)]
    [InlineData(1, "There is no run", "run", "logs", Zeros)]
    [InlineData(1, "There is no run", "run", "logs", Zeros, "--follow")]
    [InlineData(1, "There is no run", "run", "cancel", Zeros)]
    [InlineData(1, "There is no run", "run", "retry", Zeros)]
    [InlineData(2, "is not a run's id", "run", "show", "x")]
    [InlineData(1, "a size of 0 is not possible", "limit", "set", "bad", "0")]
    [InlineData(2, "1 to 1000000", "limit", "set", "bad", "99999999999")]
    [InlineData(1, "There is no limit 'bad'", "limit", "delete", "bad")]
    [InlineData(2, "1 to 1000", "runs", "--limit", "0")]
    [InlineData(1, "cursor", "runs", "--after", "garbage")]
    [InlineData(2, "--since: expected", "runs", "--since", "garbage")]
    [InlineData(1, "there is no state 'nonsense'", "runs", "--state", "nonsense")]
    [InlineData(1, "No node answers at http://127.0.0.1:1", "deployments", "--url", "http://127.0.0.1:1")]
    [InlineData(1, "'nonsense' is not the address of a node", "deployments", "--url", "nonsense")]
    [InlineData(2, "'0' is no process limit", "node", "--limit", "0")]
    [InlineData(2, "--listen", "node", "--listen", "127.0.0.1:99999")]
    [InlineData(1, "cannot be read", "serve", "/no/such/file.yaml")]
    public async Task A_wrong_command_says_what_is_wrong_and_what_to_do(int exitCode, string words, params string[] arguments) =>
        await Cleanly.RefusesAsync(node.Data, exitCode, words, arguments);

    [Fact]
    public async Task Parameters_over_4_MiB_are_refused_with_what_to_do()
    {
        var file = node.Write("large.json", $$"""{"large": "{{new string('x', 5 * 1024 * 1024)}}"}""");
        await Cleanly.RefusesAsync(node.Data, 1, "at most 4 MiB", "submit", "a/b", "--parameters", "@" + file);
    }

    [Fact]
    public async Task A_second_node_and_a_port_in_use_are_refused_with_who_has_them()
    {
        var url = node.Client.Url;
        await Cleanly.RefusesAsync(node.Data, 1, $"in use by another node (pid ", "node", "--listen", "127.0.0.1:0");
        await Cleanly.RefusesAsync(
            node.Data, 1, $"Port {url.Port} on 127.0.0.1 is in use", "node", "--data", Path.Combine(node.Root, "other"), "--listen", url.Authority);
        await node.DoAsync("deployments");
    }

    [Fact]
    public async Task A_wrong_token_is_refused_and_said_where_it_came_from()
    {
        var other = Directory.CreateDirectory(Path.Combine(node.Root, "wrong")).FullName;
        var token = Path.Combine(other, "token");
        await File.WriteAllTextAsync(token, new string('a', 43));
        await Cleanly.RefusesAsync(
            node.Data, 1, $"refused the token from {token}", "deployments", "--url", node.Client.Url.AbsoluteUri, "--data", other);
    }

    [Fact]
    public async Task What_is_no_data_folder_is_refused_and_left_as_it_is()
    {
        var file = node.Write("file", "mine");
        await Cleanly.RefusesAsync(node.Data, 1, "is a file", "node", "--data", file, "--listen", "127.0.0.1:0");

        var garbage = Directory.CreateDirectory(Path.Combine(node.Root, "garbage")).FullName;
        Shell.Run("chmod", "700", garbage);
        var store = Path.Combine(garbage, "store.db");
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        await File.WriteAllBytesAsync(store, bytes);
        await Cleanly.RefusesAsync(node.Data, 1, "is not a SQLite database", "node", "--data", garbage, "--listen", "127.0.0.1:0");
        Assert.Equal(bytes, await File.ReadAllBytesAsync(store));

        var open = Directory.CreateDirectory(Path.Combine(node.Root, "open")).FullName;
        Shell.Run("chmod", "700", open);
        await File.WriteAllTextAsync(Path.Combine(open, "token"), new string('a', 43));
        Shell.Run("chmod", "644", Path.Combine(open, "token"));
        await Cleanly.RefusesAsync(node.Data, 1, "chmod 600", "node", "--data", open, "--listen", "127.0.0.1:0");
    }

    [Theory]
    [InlineData(401, "GET", "/api/v1/runs", "Authorization: Bearer wrong")]
    [InlineData(403, "GET", "/api/v1/runs", "Host: example.com")]
    [InlineData(403, "GET", "/api/v1/runs", "Origin: http://example.com")]
    [InlineData(413, "PUT", "/api/v1/deployments", "Large: yes")]
    [InlineData(400, "PUT", "/api/v1/deployments", """Body: [{"name": "a/b", "comm""")]
    [InlineData(404, "GET", "/api/v1/nonsense", "")]
    [InlineData(405, "DELETE", "/api/v1/runs", "")]
    public async Task A_wrong_request_gets_problem_details(int status, string method, string path, string header)
    {
        using var http = new HttpClient { BaseAddress = node.Client.Url };
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer", (await File.ReadAllTextAsync(Path.Combine(node.Data, "token"))).Trim());
        var (name, value) = header.Split(": ", 2) is [var n, var v] ? (n, v) : ("", "");
        if (name is "Body" or "Large")
        {
            // Asked before it is sent: a body too large is refused without being read, and the connection closed.
            request.Headers.ExpectContinue = true;
            request.Content = new StringContent(name == "Body" ? value : new string(' ', 4 * 1024 * 1024) + "[]", Encoding.UTF8, "application/json");
        }
        else if (name.Length > 0)
        {
            request.Headers.Remove(name);
            request.Headers.Add(name, value);
        }

        using var answer = await http.SendAsync(request);

        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Cleanly.Check(text);
        using var problem = JsonDocument.Parse(text);
        Assert.Equal(status, problem.RootElement.GetProperty("status").GetInt32());
        Assert.NotEqual("", problem.RootElement.GetProperty("detail").GetString());
        await node.DoAsync("runs");
    }
}
