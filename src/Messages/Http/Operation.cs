using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;

namespace Runner.Messages.Http;

/// <summary>What an operation costs a node, and so when it is taken.</summary>
internal enum Effect
{
    /// <summary>It reads, or makes less work: taken at any time, also while the node stops.</summary>
    None,

    /// <summary>It changes something: not taken while the node stops.</summary>
    Change,

    /// <summary>It makes work: besides, only so many at once, and none on a disk that is nearly full.</summary>
    NewWork,
}

/// <summary>
/// An operation of the API. The node maps its handler by it, checks requests against it and makes the OpenAPI document from it; the client
/// sends by it. One whose answer is JSON is an <see cref="Operation{TAnswer}"/>, or with a body an <see cref="Operation{TBody, TAnswer}"/>.
/// </summary>
/// <param name="Id">Unique and stable; clients that are generated name their methods by it.</param>
/// <param name="Tag">One of <see cref="Tags"/>.</param>
/// <param name="Summary">A sentence.</param>
/// <param name="Answers">Those that are no refusals, the usual one first.</param>
internal record Operation(
    HttpMethod Method, ApiPath Path, string Id, string Tag, string Summary, params ImmutableArray<(int Status, string Says)> Answers)
{
    /// <summary>What the summary leaves out; null if nothing.</summary>
    public string? Description { get; init; }

    /// <summary>The parameters of the query.</summary>
    public ImmutableArray<Query> Query { get; init; } = [];

    /// <summary>Of a stream that can be resumed: what the header Last-Event-ID says. Null if it is none.</summary>
    public string? LastEventId { get; init; }

    public Effect Effect { get; init; }

    /// <summary>Codes besides those that every operation of its kind may be refused with.</summary>
    public ImmutableArray<string> Refuses { get; init; } = [];

    /// <summary>Whether it is answered without asking the node or its store for anything.</summary>
    public bool AsksNothing { get; init; }

    /// <summary>Whether a program may call it with its own token, for its own run.</summary>
    public bool OpenToPrograms { get; init; }

    /// <summary>
    /// Whether one that has arrived twice is as good as once, and so is sent again when the connection breaks.
    /// Not, if the second would be answered otherwise.
    /// </summary>
    public bool Repeatable { get; init; } = Method == HttpMethod.Get || Method == HttpMethod.Put;

    /// <summary>What is answered where it is not JSON.</summary>
    public ImmutableArray<Content> Contents { get; init; } = [];

    /// <summary>Headers of the answer by name, each with what it says.</summary>
    public ImmutableArray<(string Name, string Says)> Headers { get; init; } = [];

    /// <summary>The body; null if there is none.</summary>
    public virtual JsonTypeInfo? BodyJson => null;

    /// <summary>Whether there has to be a body.</summary>
    public virtual bool NeedsBody => false;

    public virtual JsonTypeInfo? AnswerJson => null;
}

/// <summary>An operation that is answered with JSON.</summary>
internal record Operation<TAnswer>(
    HttpMethod Method, ApiPath Path, string Id, string Tag, string Summary, Func<JsonTypeInfo<TAnswer>> AnswerInfo,
    params ImmutableArray<(int Status, string Says)> Answers)
    : Operation(Method, Path, Id, Tag, Summary, Answers)
{
    public JsonTypeInfo<TAnswer> Answer => AnswerInfo();

    /// <inheritdoc/>
    public override JsonTypeInfo AnswerJson => Answer;
}

/// <summary>An operation with a JSON body that is answered with JSON.</summary>
/// <param name="MayBeLeftOut">Whether no body is the same as <c>{}</c>.</param>
internal sealed record Operation<TBody, TAnswer>(
    HttpMethod Method, ApiPath Path, string Id, string Tag, string Summary, Func<JsonTypeInfo<TBody>> BodyInfo,
    bool MayBeLeftOut, Func<JsonTypeInfo<TAnswer>> AnswerInfo,
    params ImmutableArray<(int Status, string Says)> Answers)
    : Operation(Method, Path, Id, Tag, Summary, Answers)
{
    public JsonTypeInfo<TBody> Body => BodyInfo();

    /// <inheritdoc/>
    public override JsonTypeInfo BodyJson => Body;

    /// <inheritdoc/>
    public override bool NeedsBody => !MayBeLeftOut;

    public JsonTypeInfo<TAnswer> Answer => AnswerInfo();

    /// <inheritdoc/>
    public override JsonTypeInfo AnswerJson => Answer;
}

/// <summary>An answer that is not JSON: bytes, or a stream of server-sent events.</summary>
internal sealed record Content(string Type, string Says)
{
    /// <summary>Of a stream: the name of its events, and what their ids say.</summary>
    public (string Name, string Id)? Event { get; init; }

    /// <summary>Whether it is any JSON object, and not a text.</summary>
    public bool IsObject { get; init; }
}

/// <summary>A part of a path that stands for something.</summary>
internal sealed record PathPart(string Name, string Says)
{
    /// <summary>Whether it is a UUID, and not a name.</summary>
    public bool IsId { get; init; }
}

/// <summary>A path with its parts.</summary>
internal sealed record ApiPath(string Template, params ImmutableArray<PathPart> Parts)
{
    /// <summary>A path below this one.</summary>
    public ApiPath Then(string more, params ImmutableArray<PathPart> parts) => new(Template + more, [.. Parts, .. parts]);

    /// <summary>The path of something, from its parts in order.</summary>
    public string Of(ReadOnlySpan<string> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Parts.Length);
        var text = Template;
        for (var i = 0; i < values.Length; i++)
        {
            text = text.Replace($"{{{Parts[i].Name}}}", Uri.EscapeDataString(values[i]), StringComparison.Ordinal);
        }

        return text;
    }
}

/// <summary>The groups of operations.</summary>
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
