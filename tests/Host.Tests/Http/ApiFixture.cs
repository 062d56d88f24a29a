using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Runner.Host.Configuration;
using Runner.Host.Http;
using Runner.Host.Http.Access;
using Runner.Host.Logs;
using Runner.Messages.Nodes;
using Serilog.Core;

namespace Runner.Host.Tests.Http;

/// <summary>The real server on a free loopback port, with a scripted node behind it.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit ends it by IAsyncLifetime")]
public sealed class ApiFixture : IAsyncLifetime
{
    public const string Token = "a-token-of-at-least-thirty-two-characters";

    private ApiServer _server = null!;
    private HttpClient _client = null!;

    internal ScriptedNode Node { get; } = new();

    internal NodeSlot Slot { get; } = new();

    internal ApiTokens Tokens { get; } = new(Token);

    internal OutputFiles Files { get; private set; } = null!;

    internal string Data { get; } = Directory.CreateTempSubdirectory("runner-api-").FullName;

    public int Port => _server.Bound.Port;

    internal IEnumerable<Microsoft.AspNetCore.Http.Endpoint> Routes => _server.Routes;

    /// <summary>Whether the node is there from the start.</summary>
    public bool Filled { get; init; } = true;

    public async Task InitializeAsync()
    {
        Files = new OutputFiles(Data);
        _server = await ApiServer.StartAsync(
            new ApiServerParts(
                ListenAddress.Default with { Port = 0 }, ["node.example"], Tokens, Slot, Files, SystemTime.Provider, Logger.None)
            {
                Load = new ApiLoad(Commands: 1_000, Followers: 4_000, ApiLoad.UsualReserve),
            },
            default);
        if (Filled)
        {
            Fill();
        }

        _client = new HttpClient { BaseAddress = new Uri(_server.Bound.Url()) };
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        Slot.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(Data, recursive: true);
    }

    internal void Fill() => Slot.Fill(Node, new NodeInfo("node-1", "0.1.0", Data, ScriptedNode.Then, 100), Node.CopyAsync);

    internal Task StopServerAsync() => _server.DisposeAsync().AsTask();

    public async Task<Answer> SendAsync(
        string method, string path, string? body = null, string? token = Token, params (string Name, string Value)[] headers)
    {
        using var request = Request(method, path, body, token, headers);
        using var response = await _client.SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    /// <summary>An answer whose body is read as it comes.</summary>
    public Task<HttpResponseMessage> OpenAsync(string path, string? token = Token, params (string Name, string Value)[] headers) =>
        _client.SendAsync(Request("GET", path, null, token, headers), HttpCompletionOption.ResponseHeadersRead);

    /// <summary>Sends bytes as they are and returns the whole answer.</summary>
    public async Task<string> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(System.Net.IPAddress.Loopback, Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(request.Replace("PORT", Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private static HttpRequestMessage Request(string method, string path, string? body, string? token, (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }
}

/// <summary>An answer, read.</summary>
public sealed record Answer(int Status, string? Type, string Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The problem's code; the answer has to be one.</summary>
    public string Code
    {
        get
        {
            Assert.Equal("application/problem+json", Type);
            var problem = Json;
            Assert.Equal(Status, problem.GetProperty("status").GetInt32());
            Assert.Equal($"urn:runner:{problem.GetProperty("code").GetString()}", problem.GetProperty("type").GetString());
            Assert.NotEmpty(problem.GetProperty("title").GetString()!);
            Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
            Assert.DoesNotContain("   at ", Body, StringComparison.Ordinal);
            Assert.DoesNotContain("Exception", Body, StringComparison.Ordinal);
            return problem.GetProperty("code").GetString()!;
        }
    }

    public string Detail => Json.GetProperty("detail").GetString()!;

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>«field: message» of each problem.</summary>
    public string[] Problems => [.. Json.GetProperty("problems").EnumerateArray()
        .Select(p => $"{p.GetProperty("field").GetString()}: {p.GetProperty("message").GetString()}")];

    public static async Task<Answer> ReadAsync(HttpResponseMessage response) => new(
        (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(),
        response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(",", h.Value), StringComparer.OrdinalIgnoreCase));
}
