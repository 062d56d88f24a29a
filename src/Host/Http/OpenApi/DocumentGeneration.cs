using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Runner.Client;
using Runner.Host.Http.Access;
using Runner.Messages.Http;
using Runner.Messages.Serialization;

namespace Runner.Host.Http.OpenApi;

/// <summary>
/// How the OpenAPI 3.1 document comes from the routes that are mapped: ASP.NET's generator finds them, this says of each what its
/// <see cref="Operation"/> does. The same routes give the same bytes.
/// </summary>
internal static class DocumentGeneration
{
    private const string Name = "v1";
    private const string NodeToken = "nodeToken";
    private const string ProgramToken = "programToken";

    /// <summary>The document of what is mapped.</summary>
    public static async Task<OpenApiDocument> OfAsync(WebApplication app)
    {
        // In services of its own, for as long as it takes: a node that nobody asks does without the generator in its memory.
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddRoutingCore()
            .AddSingleton<IHostEnvironment>(app.Environment)
            .AddSingleton<EndpointDataSource>(new CompositeEndpointDataSource(((IEndpointRouteBuilder)app).DataSources))
            .AddOpenApi(Name, Configure)
            .BuildServiceProvider();
        return await services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name).GetOpenApiDocumentAsync();
    }

    private static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        // That every route of the API has a description is what the tests are for.
        options.ShouldInclude = route => OperationOf(route) is not null;
        options.AddOperationTransformer((operation, context, _) =>
        {
            Describe(operation, new DescribedRoute(context.Description), context.Document!);
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            Complete(document);
            return Task.CompletedTask;
        });
    }

    private static Operation? OperationOf(ApiDescription route) => route.ActionDescriptor.EndpointMetadata.OfType<Operation>().SingleOrDefault();

    private static void Complete(OpenApiDocument document)
    {
        document.Info = new() { Title = "Runner", Version = "1", Description = "The API of a node. docs/http-api.md says more of it." };
        document.Servers = null;
        document.Tags = Tags.All.Select(tag => new OpenApiTag { Name = tag.Name, Description = tag.Description }).ToHashSet();
        var paths = new OpenApiPaths();
        foreach (var (path, item) in document.Paths.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            var methods = ((OpenApiPathItem)item).Operations!;
            paths.Add(path, new OpenApiPathItem { Operations = methods.OrderBy(m => m.Key.Method, StringComparer.Ordinal).ToDictionary() });
        }

        document.Paths = paths;
        document.Components!.Schemas = document.Components.Schemas!.OrderBy(s => s.Key, StringComparer.Ordinal).ToDictionary();
        document.Components.Responses = document.Components.Responses!.OrderBy(r => r.Key, StringComparer.Ordinal).ToDictionary();
    }

    private static void Describe(OpenApiOperation json, DescribedRoute route, OpenApiDocument document)
    {
        var schemas = new SchemaWriter(document);
        var operation = route.Operation;
        json.OperationId = operation.Id;
        json.Summary = operation.Summary;
        json.Description = operation.Description;
        json.Tags = new HashSet<OpenApiTagReference> { new(operation.Tag, document) };
        json.Security = Security(route, document);
        json.Parameters = Parameters(operation) is { Count: > 0 } parameters ? parameters : null;
        json.RequestBody = operation.BodyJson is not { } body ? null : new OpenApiRequestBody
        {
            Required = operation.NeedsBody,
            // Described as the node reads it, which is more strictly than it is written.
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new OpenApiMediaType { Schema = schemas.Of(StrictJson.Options.GetTypeInfo(body.Type), input: true) },
            },
        };
        json.Responses = Responses(route, schemas, document);
    }

    private static List<IOpenApiParameter> Parameters(Operation operation)
    {
        return
        [
            .. operation.Path.Parts.Select(part =>
                Parameter(ParameterLocation.Path, part.Name, part.Says, part.IsId ? ValueSchema.Uuid : ValueSchema.Name)),
            .. operation.Query.Select(query => Parameter(ParameterLocation.Query, query.Name, query.Says, ValueSchema.Of(query))),
            .. operation.LastEventId is { } says
                ? [Parameter(ParameterLocation.Header, HeaderNames.LastEventId, says, ValueSchema.Text())]
                : Array.Empty<OpenApiParameter>(),
        ];

        static OpenApiParameter Parameter(ParameterLocation place, string name, string says, OpenApiSchema schema) =>
            new() { Name = name, In = place, Required = place == ParameterLocation.Path, Schema = schema, Description = says };
    }

    private static List<OpenApiSecurityRequirement> Security(DescribedRoute route, OpenApiDocument document)
    {
        return !route.IsGuarded ? [] : route.Operation.OpenToPrograms ? [Token(NodeToken), Token(ProgramToken)] : [Token(NodeToken)];

        OpenApiSecurityRequirement Token(string name)
        {
            document.AddComponent(name, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = name == NodeToken ? "The node's own token: the file `token` in its data folder."
                    : "The token that a program gets as RUNNER_TOKEN, for its own run.",
            });
            return new() { [new OpenApiSecuritySchemeReference(name, document)] = [] };
        }
    }

    private static OpenApiResponses Responses(DescribedRoute route, SchemaWriter schemas, OpenApiDocument document)
    {
        var responses = new SortedDictionary<int, IOpenApiResponse>();
        foreach (var (status, says) in route.Operation.Answers)
        {
            responses.Add(status, Answer(route.Operation, says, schemas));
        }

        foreach (var refusals in route.Refusals().Distinct(StringComparer.Ordinal).GroupBy(code => Refusals.All[code].Status))
        {
            responses.Add(refusals.Key, Refused(refusals.Key, [.. refusals.Order(StringComparer.Ordinal)], schemas, document));
        }

        var inOrder = new OpenApiResponses();
        foreach (var (status, response) in responses)
        {
            inOrder.Add(Number(status), response);
        }

        return inOrder;
    }

    private static OpenApiResponse Answer(Operation operation, string says, SchemaWriter schemas)
    {
        var contents = new Dictionary<string, OpenApiMediaType>();
        if (operation.AnswerJson is { } info)
        {
            contents["application/json"] = new OpenApiMediaType { Schema = schemas.Of(info, input: false) };
        }

        foreach (var other in operation.Contents)
        {
            contents[other.Type] = Other(other, schemas);
        }

        return new()
        {
            Description = says,
            Headers = operation.Headers.IsEmpty ? null
                : operation.Headers.ToDictionary(
                    h => h.Name, h => (IOpenApiHeader)new OpenApiHeader { Description = h.Says, Schema = ValueSchema.Text() }),
            Content = contents,
        };
    }

    // OpenAPI 3.1 has no words for the events of a stream; what it does not know it lets pass if it begins with x-.
    private static OpenApiMediaType Other(Content content, SchemaWriter schemas)
    {
        var media = new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = content.IsObject ? JsonSchemaType.Object : JsonSchemaType.String, Description = content.Says },
        };
        if (content.Event is var (name, id))
        {
            var events = new JsonObject
            {
                [name] = new JsonObject
                {
                    ["id"] = id,
                    ["data"] = new JsonObject { ["$ref"] = $"#/components/schemas/{schemas.Component(DataOf(name), input: false)}" },
                },
                [EventNames.End] = new JsonObject { ["data"] = new JsonObject { ["type"] = "object", ["additionalProperties"] = false } },
            };
            media.Extensions = new Dictionary<string, IOpenApiExtension> { ["x-events"] = new JsonNodeExtension(events) };
        }

        return media;
    }

    private static JsonTypeInfo DataOf(string eventName) => eventName switch
    {
        EventNames.State => MessagesJson.Default.RunStateChange,
        EventNames.Log => ClientJson.Default.LogLine,
        _ => throw new NotSupportedException(
            $"The API's document cannot describe the event '{eventName}': teach {nameof(DocumentGeneration)} what its data are."),
    };

    /// <summary>Routes that are refused alike share the description of it.</summary>
    private static OpenApiResponseReference Refused(int status, string[] codes, SchemaWriter schemas, OpenApiDocument document)
    {
        var name = $"{Number(status)}.{string.Join('.', codes)}";
        document.AddComponent(name, new OpenApiResponse
        {
            Description = string.Join(" ", codes.Select(code => $"`{code}`: {Refusals.All[code].When}")),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new OpenApiMediaType
                {
                    Schema = new OpenApiSchema { AllOf = [schemas.Of(HttpJson.Default.ApiProblem, input: false), Narrowed(status, codes)] },
                },
            },
        });
        return new(name, document);
    }

    private static OpenApiSchema Narrowed(int status, string[] codes) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Enum = [JsonValue.Create(status)] },
            ["code"] = ValueSchema.OneOf(codes),
        },
    };

    private static string Number(int status) => status.ToString(CultureInfo.InvariantCulture);

    private sealed class DescribedRoute(ApiDescription route)
    {
        public Operation Operation { get; } = OperationOf(route)!;

        public bool IsGuarded => TokenGuard.Guards($"/{route.RelativePath}");

        public IEnumerable<string> Refusals() =>
        [
            .. OpenApi.Refusals.OfAll,
            .. IsGuarded ? OpenApi.Refusals.OfGuarded : [],
            .. IsGuarded && !Operation.AsksNothing ? OpenApi.Refusals.OfStore : [],
            .. Operation.BodyJson is not null ? OpenApi.Refusals.OfBodies : [],
            .. OpenApi.Refusals.Of(Operation.Effect),
            .. Operation.Refuses,
        ];
    }
}
