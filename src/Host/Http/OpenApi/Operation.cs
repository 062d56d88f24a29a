using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;

namespace Runner.Host.Http.OpenApi;

/// <summary>
/// What a route is, for the document. It stands where the route is mapped, so that who changes the one sees the other. What all routes have
/// alike (tokens, refusals of malformed requests) is added by the document.
/// </summary>
/// <param name="Id">Unique and stable; clients that are generated name their methods by it.</param>
/// <param name="Tag">One of <see cref="OpenApi.Tags"/>.</param>
/// <param name="Summary">A sentence.</param>
internal sealed record Operation(string Id, string Tag, string Summary)
{
    /// <summary>What the summary leaves out; null if nothing.</summary>
    public string? Description { get; init; }

    /// <summary>Those of the path, of the query and of headers.</summary>
    public ImmutableArray<OpenApiParameter> Parameters { get; init; } = [];

    public Body? Body { get; init; }

    public ImmutableArray<Success> Answers { get; init; } = [];

    /// <summary>Codes of <see cref="Refusals"/> besides those that every route of its kind may answer with.</summary>
    public ImmutableArray<string> Refuses { get; init; } = [];

    /// <summary>Whether it is answered without asking the node or its store for anything.</summary>
    public bool AsksNothing { get; init; }
}

/// <summary>A request's body.</summary>
/// <param name="Json">As it is read.</param>
/// <param name="Required">Whether there has to be one.</param>
internal sealed record Body(JsonTypeInfo Json, bool Required);

/// <summary>An answer that is no refusal: JSON if <paramref name="Json"/> says of what, else whatever <see cref="Contents"/> say.</summary>
internal sealed record Success(int Status, string Description, JsonTypeInfo? Json = null)
{
    public ImmutableArray<Content> Contents { get; init; } = [];

    /// <summary>Headers by name, each with what it says.</summary>
    public ImmutableArray<(string Name, string Description)> Headers { get; init; } = [];
}

/// <summary>A body that is not JSON: bytes, or a stream of server-sent events.</summary>
/// <param name="Events">Each event's name and what its data are; empty if it is no such stream.</param>
internal sealed record Content(string Type, string Description, ImmutableArray<(string Event, string Id, JsonTypeInfo Data)> Events = default)
{
    /// <summary>Whether it is any JSON object, and not a text.</summary>
    public bool IsObject { get; init; }
}

/// <summary>Parameters of the path, the query and headers. Each is a new one.</summary>
internal static class Parameter
{
    public static OpenApiParameter Path(string name, OpenApiSchema schema, string description) => Of(name, ParameterLocation.Path, schema, description);

    public static OpenApiParameter Query(string name, OpenApiSchema schema, string description) => Of(name, ParameterLocation.Query, schema, description);

    public static OpenApiParameter Header(string name, OpenApiSchema schema, string description) => Of(name, ParameterLocation.Header, schema, description);

    private static OpenApiParameter Of(string name, ParameterLocation place, OpenApiSchema schema, string description) =>
        new() { Name = name, In = place, Required = place == ParameterLocation.Path, Schema = schema, Description = description };
}

/// <summary>The groups of routes.</summary>
internal static class Tags
{
    public const string Deployments = "Deployments";
    public const string Runs = "Runs";
    public const string Limits = "Limits";
    public const string Node = "Node";

    public static ImmutableArray<(string Name, string Description)> All { get; } =
    [
        (Deployments, "What is run and when."), (Runs, "Each time something is run."), (Limits, "How much runs at once."), (Node, "The node itself."),
    ];
}

/// <summary>Attaches a description to a route.</summary>
internal static class OperationExtensions
{
    // The document's generator knows a route by its handler's parameters: it is shown one that has none, as all of ours.
    private static readonly MethodInfo Handler = ((RequestDelegate)(static _ => Task.CompletedTask)).Method;

    public static IEndpointConventionBuilder Describe(this IEndpointConventionBuilder route, Func<Operation> operation) =>
        route.WithMetadata(new Description(operation), Handler);
}

/// <summary>A route's description, made when the document is: a node that nobody asks for it does without.</summary>
internal sealed class Description(Func<Operation> make)
{
    public Operation Make() => make();
}
