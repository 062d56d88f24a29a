using Runner.Hocon.Resolution;

namespace Runner.Hocon.Syntax;

/// <summary>A value as it is written, before substitution. The mutable parts belong to the parser, then to the resolver.</summary>
internal abstract class Node(HoconOrigin origin)
{
    public HoconOrigin Origin { get; } = origin;

    /// <summary>Whether it is being evaluated: whoever meets it again looks below it.</summary>
    public bool IsActive { get; set; }

    /// <summary>Whether <see cref="View"/> is final.</summary>
    public bool IsDone { get; set; }

    /// <summary>What it evaluates to; null while unknown, and for what is undefined.</summary>
    public View? View { get; set; }

    /// <summary>Whether nothing assigned earlier can shine through.</summary>
    public virtual bool HidesEarlier => false;
}

/// <summary>A string, number, boolean or null.</summary>
internal sealed class ScalarNode(HoconOrigin origin, HoconKind kind, string text) : Node(origin)
{
    public HoconKind Kind { get; } = kind;

    /// <summary>As it is written, unquoted.</summary>
    public string Text { get; } = text;

    public override bool HidesEarlier => true;
}

/// <summary>Unquoted whitespace between the parts of a concatenation.</summary>
internal sealed class SpaceNode(HoconOrigin origin, string text) : Node(origin)
{
    public string Text { get; } = text;
}

internal sealed class ArrayNode(HoconOrigin origin) : Node(origin)
{
    public List<Cell> Items { get; } = [];

    public override bool HidesEarlier => true;
}

/// <summary>Parts on one line, at least one of them a substitution (or an array beside an object, which may be one with numbers for keys).</summary>
internal sealed class ConcatNode(HoconOrigin origin, IReadOnlyList<Node> parts) : Node(origin)
{
    public IReadOnlyList<Node> Parts { get; } = parts;

    /// <summary>The array that a further <c>+=</c> to the same field may simply lengthen; null unless it came of one.</summary>
    public ArrayNode? Appended { get; init; }
}

/// <summary><c>${path}</c>, <c>${?path}</c>, or the reference inside <c>+=</c>.</summary>
/// <param name="start">Where <paramref name="path"/> begins; null for the root of the whole configuration.</param>
/// <param name="path">As it is looked up first: relative to the root of the file it is written in.</param>
internal sealed class SubstitutionNode(HoconOrigin origin, ObjectNode? start, string[] path) : Node(origin)
{
    public ObjectNode? Start { get; } = start;

    public string[] Path { get; } = path;

    /// <summary>As it is written, looked up second from the root of the whole configuration; null if that is the same.</summary>
    public string[]? Alternate { get; init; }

    public bool IsOptional { get; init; }

    /// <summary><c>${NAME[]}</c>: the environment's NAME_0, NAME_1, … as a list.</summary>
    public bool IsList { get; init; }

    /// <summary>The path as it is written.</summary>
    public string[] Written => Alternate ?? Path;

    /// <inheritdoc/>
    public override string ToString() => $"${{{(IsOptional ? "?" : "")}{HoconPath.Render(Written)}{(IsList ? "[]" : "")}}}";
}

/// <summary>
/// Everything assigned to one key (or the one value of an array's item), in order: later entries override or merge with earlier ones.
/// </summary>
internal sealed class Cell
{
    public List<Node> Stack { get; } = [];

    public bool IsDone { get; set; }

    public View? View { get; set; }

    public static Cell Of(Node node)
    {
        var cell = new Cell();
        cell.Stack.Add(node);
        return cell;
    }

    /// <summary>Assigns a later value.</summary>
    public void Push(Node node)
    {
        if (node.HidesEarlier)
        {
            Stack.Clear();
        }
        else if (node is ObjectNode later && Stack.Count > 0 && Stack[^1] is ObjectNode earlier)
        {
            earlier.MergeFrom(later);
            return;
        }

        Stack.Add(node);
    }

    /// <summary>Assigns <c>+= item</c>, which is <c>= ${?self} [item]</c>.</summary>
    public void Append(SubstitutionNode self, Node item)
    {
        var longer = Stack.Count == 0 ? null : Stack[^1] as ArrayNode ?? (Stack[^1] as ConcatNode)?.Appended;
        if (longer is not null)
        {
            longer.Items.Add(Of(item));
            return;
        }

        var added = new ArrayNode(item.Origin);
        added.Items.Add(Of(item));
        Push(new ConcatNode(item.Origin, [self, added]) { Appended = added });
    }
}

internal sealed class ObjectNode(HoconOrigin origin) : Node(origin)
{
    public OrderedDictionary<string, Cell> Fields { get; } = new(StringComparer.Ordinal);

    /// <summary>How many values that consist of it are being made.</summary>
    public int UsesInProgress { get; set; }

    public Cell CellOf(string key)
    {
        if (!Fields.TryGetValue(key, out var cell))
        {
            Fields.Add(key, cell = new Cell());
        }

        return cell;
    }

    /// <summary>The cell a path of keys ends in, making objects on the way.</summary>
    public Cell CellAt(ReadOnlySpan<string> path, HoconOrigin at)
    {
        var cell = CellOf(path[0]);
        if (path.Length == 1)
        {
            return cell;
        }

        if (cell.Stack.Count == 0 || cell.Stack[^1] is not ObjectNode inner)
        {
            cell.Push(inner = new ObjectNode(at));
        }

        return inner.CellAt(path[1..], at);
    }

    public void MergeFrom(ObjectNode later)
    {
        foreach (var (key, cell) in later.Fields)
        {
            var mine = CellOf(key);
            foreach (var node in cell.Stack)
            {
                mine.Push(node);
            }
        }
    }
}
