using System.Text.Json;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Routing;
using Runner.Host.Http.Access;

namespace Runner.Host.Http.OpenApi;

/// <summary>The OpenAPI 3.1 document of the routes that are mapped. The same routes give the same bytes.</summary>
internal static class OpenApiDocument
{
    private const string NodeToken = "nodeToken";
    private const string ProgramToken = "programToken";

    private static readonly JsonWriterOptions Readable = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Of(IEnumerable<Endpoint> endpoints)
    {
        var schemas = new JsonObject();
        var writer = new SchemaWriter(schemas);
        _ = writer.Of(HostJson.Default.ApiProblem, input: false);
        var shared = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        var paths = new JsonObject();
        foreach (var path in Described(endpoints).GroupBy(r => r.Path).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            paths[path.Key] = new JsonObject(path.OrderBy(r => r.Method, StringComparer.Ordinal)
                .Select(r => KeyValuePair.Create(r.Method.ToLowerInvariant(), (JsonNode?)Route(r, writer, shared))));
        }

        var document = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Runner",
                ["version"] = "1",
                ["description"] = "The API of a node. docs/http-api.md says more of it.",
            },
            ["tags"] = new JsonArray([.. Tags.All.Select(tag => new JsonObject { ["name"] = tag.Name, ["description"] = tag.Description })]),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject(schemas.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => KeyValuePair.Create(s.Key, s.Value?.DeepClone()))),
                ["responses"] = new JsonObject(shared),
                ["securitySchemes"] = new JsonObject
                {
                    [NodeToken] = Bearer("The node's own token: the file `token` in its data folder."),
                    [ProgramToken] = Bearer("The token that a program gets as RUNNER_TOKEN, for its own run."),
                },
            },
        };
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            document.WriteTo(json);
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary>Routes that have a description. That each has one is what the tests are for.</summary>
    private static IEnumerable<DescribedRoute> Described(IEnumerable<Endpoint> endpoints) =>
        from endpoint in endpoints.OfType<RouteEndpoint>()
        let operation = endpoint.Metadata.GetMetadata<Description>()?.Make()
        where operation is not null
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        select new DescribedRoute(
            method, $"/{endpoint.RoutePattern.RawText!.TrimStart('/')}", operation, endpoint.Metadata.GetMetadata<OpenToPrograms>() is not null);

    private static JsonObject Route(DescribedRoute route, SchemaWriter schemas, SortedDictionary<string, JsonNode?> shared)
    {
        var operation = route.Operation;
        var json = new JsonObject
        {
            ["operationId"] = operation.Id,
            ["summary"] = operation.Summary,
        };
        if (operation.Description is { } description)
        {
            json["description"] = description;
        }

        json["tags"] = Json.Array([operation.Tag]);
        json["security"] = Security(route);
        if (!operation.Parameters.IsEmpty)
        {
            json["parameters"] = new JsonArray([.. operation.Parameters.Select(OfParameter)]);
        }

        if (operation.Body is { } body)
        {
            json["requestBody"] = new JsonObject
            {
                ["required"] = body.Required,
                ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schemas.Of(body.Json, input: true) } },
            };
        }

        json["responses"] = Responses(route, schemas, shared);
        return json;
    }

    private static JsonArray Security(DescribedRoute route) => !route.IsGuarded ? []
        : route.OpenToPrograms ? [new JsonObject { [NodeToken] = new JsonArray() }, new JsonObject { [ProgramToken] = new JsonArray() }]
        : [new JsonObject { [NodeToken] = new JsonArray() }];

    private static JsonObject OfParameter(Parameter parameter) => new()
    {
        ["name"] = parameter.Name,
        ["in"] = parameter.In,
        ["required"] = parameter.In == "path",
        ["description"] = parameter.Description,
        ["schema"] = parameter.Schema.ToJson(),
    };

    private static JsonObject Responses(DescribedRoute route, SchemaWriter schemas, SortedDictionary<string, JsonNode?> shared)
    {
        var responses = new SortedDictionary<int, JsonObject>();
        foreach (var answer in route.Operation.Answers)
        {
            responses.Add(answer.Status, Answer(answer, schemas));
        }

        foreach (var refusals in route.Refusals().Distinct(StringComparer.Ordinal).GroupBy(code => Refusals.All[code].Status))
        {
            responses.Add(refusals.Key, Refused(refusals.Key, [.. refusals.Order(StringComparer.Ordinal)], shared));
        }

        return new JsonObject(responses.Select(r => KeyValuePair.Create(Number(r.Key), (JsonNode?)r.Value)));
    }

    private static JsonObject Answer(Success answer, SchemaWriter schemas)
    {
        var json = new JsonObject { ["description"] = answer.Description };
        if (!answer.Headers.IsEmpty)
        {
            json["headers"] = new JsonObject(answer.Headers.Select(h => KeyValuePair.Create(
                h.Name, (JsonNode?)new JsonObject { ["description"] = h.Description, ["schema"] = new JsonObject { ["type"] = "string" } })));
        }

        var content = new JsonObject();
        if (answer.Json is { } info)
        {
            content["application/json"] = new JsonObject { ["schema"] = schemas.Of(info, input: false) };
        }

        foreach (var other in answer.Contents)
        {
            content[other.Type] = Other(other, schemas);
        }

        json["content"] = content;
        return json;
    }

    // OpenAPI 3.1 has no words for the events of a stream; what it does not know it lets pass if it begins with x-.
    private static JsonObject Other(Content content, SchemaWriter schemas)
    {
        var json = new JsonObject { ["schema"] = new JsonObject { ["type"] = content.IsObject ? "object" : "string", ["description"] = content.Description } };
        if (!content.Events.IsDefaultOrEmpty)
        {
            json["x-events"] = new JsonObject(content.Events.Select(e => KeyValuePair.Create(
                e.Event, (JsonNode?)new JsonObject { ["id"] = e.Id, ["data"] = schemas.Of(e.Data, input: false) })))
            {
                ["end"] = new JsonObject { ["data"] = new JsonObject { ["type"] = "object", ["additionalProperties"] = false } },
            };
        }

        return json;
    }

    /// <summary>Routes that are refused alike share the description of it.</summary>
    private static JsonObject Refused(int status, string[] codes, SortedDictionary<string, JsonNode?> shared)
    {
        var name = $"{Number(status)}.{string.Join('.', codes)}";
        shared.TryAdd(name, new JsonObject
        {
            ["description"] = string.Join(" ", codes.Select(code => $"`{code}`: {Refusals.All[code].When}")),
            ["content"] = new JsonObject
            {
                ["application/problem+json"] = new JsonObject { ["schema"] = new JsonObject { ["allOf"] = new JsonArray(Json.Reference(nameof(ApiProblem)), Narrowed(status, codes)) } },
            },
        });
        return new JsonObject { ["$ref"] = $"#/components/responses/{name}" };
    }

    private static JsonObject Narrowed(int status, string[] codes) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["status"] = new JsonObject { ["type"] = "integer", ["enum"] = new JsonArray(status) },
            ["code"] = new JsonObject { ["type"] = "string", ["enum"] = Json.Array(codes) },
        },
    };

    private static JsonObject Bearer(string description) => new() { ["type"] = "http", ["scheme"] = "bearer", ["description"] = description };

    private static string Number(int status) => status.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private sealed record DescribedRoute(string Method, string Path, Operation Operation, bool OpenToPrograms)
    {
        public bool IsGuarded => TokenGuard.Guards(Path);

        public IEnumerable<string> Refusals() =>
        [
            .. OpenApi.Refusals.OfAll,
            .. IsGuarded ? OpenApi.Refusals.OfGuarded : [],
            .. IsGuarded && !Operation.AsksNothing ? OpenApi.Refusals.OfStore : [],
            .. Operation.Body is not null ? OpenApi.Refusals.OfBodies : [],
            .. Operation.Refuses,
        ];
    }
}
