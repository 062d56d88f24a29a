namespace Runner.Actors.Parameters.Schema.Keywords;

/// <summary>A reference to a draft's own schema of schemas: the value has to be a schema of that draft.</summary>
internal sealed class IsSchemaKeyword(Draft draft) : Keyword
{
    public override bool Fits(JsonData value, JsonPath path, Seen? seen, Evaluation run)
    {
        var fits = true;
        _ = new SchemaReader(value, path, draft, (at, message) => fits = run.Violated(at, message));
        seen?.All();
        return fits;
    }
}
