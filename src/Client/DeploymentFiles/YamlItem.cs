using YamlDotNet.Core;

namespace Runner.Client.DeploymentFiles;

/// <summary>A node of a YAML document with its place.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Size">How many nodes it is made of, itself and every repetition by an alias counted.</param>
internal abstract record YamlItem(int Line, int Column, long Size)
{
    /// <summary>What it is, for «expected X and there is Y».</summary>
    public abstract string Described { get; }
}

/// <param name="Kind">What it is by YAML 1.2's core schema.</param>
internal sealed record YamlScalar(string Value, ScalarKind Kind, int Line, int Column) : YamlItem(Line, Column, 1)
{
    private const int Shown = 40;

    public override string Described => Kind switch
    {
        ScalarKind.Null => "nothing",
        ScalarKind.Boolean => $"the boolean {Value}",
        ScalarKind.Integer or ScalarKind.Float => $"the number {Short}",
        _ => $"the text '{Short}'",
    };

    private string Short
    {
        get
        {
            var line = Value.ReplaceLineEndings(" ");
            return line.Length <= Shown ? line : string.Concat(line.AsSpan(0, char.IsHighSurrogate(line[Shown - 1]) ? Shown - 1 : Shown), "…");
        }
    }
}

internal sealed record YamlList(IReadOnlyList<YamlItem> Items, int Line, int Column, long Size) : YamlItem(Line, Column, Size)
{
    public override string Described => Items.Count == 0 ? "an empty list" : "a list";
}

/// <param name="Entries">In the file's order, without the duplicates.</param>
internal sealed record YamlMap(IReadOnlyList<YamlEntry> Entries, int Line, int Column, long Size) : YamlItem(Line, Column, Size)
{
    public override string Described => Entries.Count == 0 ? "an empty mapping" : "a mapping";
}

/// <param name="Line">The key's, from 1.</param>
/// <param name="Column">The key's, from 1.</param>
internal sealed record YamlEntry(string Key, YamlItem Value, int Line, int Column);

/// <summary>What a scalar is by YAML 1.2's core schema.</summary>
internal enum ScalarKind
{
    Text,
    Null,
    Boolean,
    Integer,
    Float,
}

/// <summary>Something that keeps a file from being read as YAML at all, with its place.</summary>
internal sealed class YamlRefusedException(int line, int column, string message) : Exception(message)
{
    public int Line { get; } = line;

    public int Column { get; } = column;

    public static YamlRefusedException At(Mark mark, string message) =>
        new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column), message);
}
