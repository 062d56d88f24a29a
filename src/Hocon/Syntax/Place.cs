namespace Runner.Hocon.Syntax;

/// <summary>Where an object of the text stands in the whole configuration.</summary>
/// <param name="Start">The object <paramref name="Path"/> begins at: one inside an array, which no path leads to; null for the root.</param>
/// <param name="Depth">How many objects, arrays and path elements are around it.</param>
internal sealed record Place(ObjectNode? Start, string[] Path, int Depth)
{
    public static Place Root { get; } = new(null, [], 0);

    /// <summary>The place of a field's value.</summary>
    public Place At(string[] key) => new(Start, [.. Path, .. key], Depth + key.Length);
}
