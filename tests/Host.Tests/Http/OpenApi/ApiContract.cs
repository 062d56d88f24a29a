using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NJsonSchema;

namespace Runner.Host.Tests.Http.OpenApi;

/// <summary>An operation of the document.</summary>
internal sealed record DocumentedOperation(string Method, string Path, JsonObject Json, JsonObject Shared)
{
    private readonly Regex _path = new($"^{Regex.Replace(Path, @"\{(\w+)\}", "(?<$1>[^/]+)")}$", RegexOptions.CultureInvariant);

    public string Id => Json["operationId"]!.GetValue<string>();

    public bool NeedsToken => Json["security"]!.AsArray().Count > 0;

    public bool IsOpenToPrograms => Json["security"]!.AsArray().Count > 1;

    public bool HasBody => Json.ContainsKey("requestBody");

    public IEnumerable<JsonObject> Parameters => Json["parameters"]?.AsArray().Select(p => p!.AsObject()) ?? [];

    public IEnumerable<string> Statuses => Json["responses"]!.AsObject().Select(r => r.Key);

    /// <summary>What is answered with a status; null if the document does not say.</summary>
    public JsonNode? Response(string status) => Json["responses"]![status] is not { } response ? null
        : response["$ref"]?.GetValue<string>() is { } reference ? Shared[reference.Split("/components/responses/")[1]]!
        : response;

    /// <summary>Codes of problem details, by all statuses.</summary>
    public IEnumerable<string> Codes => Statuses
        .SelectMany(
            s => Response(s)!["content"]?["application/problem+json"]?["schema"]?["allOf"]?[1]?["properties"]?["code"]?["enum"]?.AsArray() ?? [])
        .Select(code => code!.GetValue<string>());

    public Match Matches(string path) => _path.Match(path);
}

/// <summary>The document that a server gives, and whether requests and answers are what it says.</summary>
internal sealed class ApiContract
{
    private readonly Dictionary<string, JsonSchema> _schemas = [];
    private readonly JsonObject _components;

    public ApiContract(string document)
    {
        Document = JsonNode.Parse(document)!.AsObject();
        _components = Document["components"]!["schemas"]!.AsObject();
        Operations =
        [
            .. Document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()
                .Select(o => new DocumentedOperation(
                    o.Key.ToUpperInvariant(), path.Key, o.Value!.AsObject(), Document["components"]!["responses"]!.AsObject()))),
        ];
    }

    public JsonObject Document { get; }

    public IReadOnlyList<DocumentedOperation> Operations { get; }

    /// <summary>Statuses and codes that were answered, each as «operation status» or «operation code».</summary>
    public SortedSet<string> Seen { get; } = new(StringComparer.Ordinal);

    public DocumentedOperation? Find(string method, string path) => Operations.FirstOrDefault(o => o.Method == method && o.Matches(path).Success);

    /// <summary>Everything about a request that was accepted.</summary>
    public async Task CheckRequestAsync(DocumentedOperation operation, Uri url, string? body)
    {
        var match = operation.Matches(url.AbsolutePath);
        foreach (var parameter in operation.Parameters.Where(p => p["in"]!.GetValue<string>() == "path"))
        {
            await CheckParameterAsync(operation, parameter, Uri.UnescapeDataString(match.Groups[parameter["name"]!.GetValue<string>()].Value));
        }

        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)))
        {
            var parameter = operation.Parameters.SingleOrDefault(
                p => p["in"]!.GetValue<string>() == "query" && p["name"]!.GetValue<string>() == pair[0]);
            Assert.True(parameter is not null, $"{operation.Id} takes '{pair[0]}', which the document does not know.");
            await CheckParameterAsync(operation, parameter, Uri.UnescapeDataString(pair[1]));
        }

        if (string.IsNullOrEmpty(body))
        {
            Assert.False(
                operation.Json["requestBody"]?["required"]?.GetValue<bool>() ?? false,
                $"{operation.Id} was accepted without the body that the document requires.");
            return;
        }

        var content = operation.Json["requestBody"]?["content"]?["application/json"]?["schema"];
        Assert.True(content is not null, $"{operation.Id} took a body that the document does not know.");
        await CheckAsync($"{operation.Id} request", content, body);
    }

    /// <summary>Everything about an answer.</summary>
    public async Task CheckAnswerAsync(DocumentedOperation operation, int status, string? type, string body)
    {
        var name = $"{operation.Id} {status}";
        Seen.Add(name);
        var response = operation.Response(status.ToString(CultureInfo.InvariantCulture));
        Assert.True(response is not null, $"{name} is not in the document; it answered: {body}");
        var content = response["content"]?[type ?? ""];
        Assert.True(content is not null, $"{name} answers {type}, which is not in the document.");
        if (type is "application/json" or "application/problem+json")
        {
            await CheckAsync($"{name} {type}", content["schema"]!, body);
        }

        if (type == "application/problem+json")
        {
            Seen.Add($"{operation.Id} {JsonNode.Parse(body)!["code"]!.GetValue<string>()}");
        }

        if (content["x-events"] is JsonObject events)
        {
            Assert.Equal("string", content["schema"]!["type"]!.GetValue<string>());
            await CheckEventsAsync(name, events, body);
        }
    }

    private async Task CheckEventsAsync(string name, JsonObject events, string body)
    {
        var last = "";
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(body)))
            .EnumerateAsync())
        {
            Assert.True(events.ContainsKey(item.EventType), $"{name} sent an event '{item.EventType}', which is not in the document.");
            await CheckAsync($"{name} event {item.EventType}", events[item.EventType]!["data"]!, item.Data);
            last = item.EventType;
        }

        Assert.Equal("end", last);
    }

    private async Task CheckParameterAsync(DocumentedOperation operation, JsonObject parameter, string value)
    {
        var text = parameter["schema"]!["type"]!.GetValue<string>() is "string" ? $"\"{JsonEncodedText.Encode(value)}\"" : value;
        await CheckAsync($"{operation.Id} parameter {parameter["name"]}", parameter["schema"]!, text);
    }

    private async Task CheckAsync(string what, JsonNode schema, string json)
    {
        if (!_schemas.TryGetValue(what, out var compiled))
        {
            // The validator knows references within «definitions».
            var root = new JsonObject { ["allOf"] = new JsonArray(schema.DeepClone()), ["definitions"] = _components.DeepClone() };
            compiled = await JsonSchema.FromJsonAsync(
                root.ToJsonString().Replace("#/components/schemas/", "#/definitions/", StringComparison.Ordinal));
            _schemas.Add(what, compiled);
        }

        var problems = compiled.Validate(json);
        Assert.True(
            problems.Count == 0, $"{what} is not what the document says: {string.Join("; ", problems.Select(p => $"{p.Path}: {p.Kind}"))}\n{json}");
    }
}

/// <summary>Holds every request of a client and its answer against the document.</summary>
internal sealed class ContractHandler(ApiContract contract) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        var operation = contract.Find(request.Method.Method, request.RequestUri!.AbsolutePath);
        Assert.True(operation is not null, $"{request.Method} {request.RequestUri.AbsolutePath} is not in the document.");
        await contract.CheckAnswerAsync(
            operation, (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(cancellationToken));
        if (response.IsSuccessStatusCode)
        {
            await contract.CheckRequestAsync(operation, request.RequestUri, body);
        }

        return response;
    }
}
