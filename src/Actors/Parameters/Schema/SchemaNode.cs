using System.Collections.Immutable;

namespace Runner.Actors.Parameters.Schema;

/// <summary>One schema within a whole: what stands at one place of it, ready to be applied.</summary>
internal sealed class SchemaNode(JsonData source, JsonPath path, SchemaResource resource)
{
    public JsonData Source => source;

    /// <summary>Where it stands.</summary>
    public JsonPath Path => path;

    public SchemaResource Resource => resource;

    /// <summary>What it asks for, in the order in which to ask; filled in once every place is known that references may lead to.</summary>
    public ImmutableArray<Keyword> Keywords { get; set; } = [];

    /// <summary>Whether it has to know what its other keywords have looked at.</summary>
    public bool NeedsSeen { get; set; }
}

/// <summary>A part of a schema that has an URI of its own, and with it names of its own.</summary>
internal sealed class SchemaResource(Uri uri, Draft draft)
{
    public Uri Uri => uri;

    public Draft Draft => draft;

    /// <summary>Set as soon as it is read.</summary>
    public SchemaNode? Root { get; set; }

    public Dictionary<string, SchemaNode> Anchors { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, SchemaNode> DynamicAnchors { get; } = new(StringComparer.Ordinal);
}

/// <summary>One demand of a schema, or a few that belong together.</summary>
internal abstract class Keyword
{
    /// <summary>
    /// Whether an object that breaks it cannot be put right by giving it more properties or other values for those it has not: what holds for
    /// defaults before a submission adds to them.
    /// </summary>
    public virtual bool HoldsForParts => false;

    /// <summary>The schemas that it applies to the very value, not to a part of it.</summary>
    public virtual IEnumerable<SchemaNode> InPlace => [];

    /// <summary>Whether the value is as it asks; what is wrong is told to <paramref name="run"/>.</summary>
    /// <param name="seen">Takes what it looked at; null if nobody wants to know.</param>
    public abstract bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run);
}
