using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Runner.Client.DeploymentFiles;

/// <summary>
/// Reads one YAML document into <see cref="YamlItem"/>s. Depth and the number of nodes are bounded, those that aliases repeat included, so
/// that no file can cost more than its reader has (the «billion laughs»).
/// </summary>
internal sealed class YamlReader
{
    private readonly Dictionary<string, YamlItem> _anchors = new(StringComparer.Ordinal);
    private readonly Action<int, int, string> _problem;
    private readonly Parser _parser;
    private readonly FileBounds _bounds;
    private long _nodes;

    private YamlReader(string text, FileBounds bounds, Action<int, int, string> problem)
    {
        _bounds = bounds;
        _parser = new Parser(new StringReader(text));
        _problem = problem;
    }

    /// <summary>The document; null if there is none.</summary>
    /// <param name="problem">Takes what is wrong without keeping the rest from being read, such as a key that is there twice.</param>
    /// <exception cref="YamlRefusedException">It is not YAML, or goes beyond the bounds.</exception>
    public static YamlItem? Read(string text, FileBounds bounds, Action<int, int, string> problem)
    {
        var reader = new YamlReader(text, bounds, problem);
        try
        {
            return reader.ReadStream();
        }
        catch (YamlException e)
        {
            throw YamlRefusedException.At(e.Start, $"this is not YAML: {Reason(e)}");
        }
        catch (Exception e) when (e is not YamlRefusedException)
        {
            // The parser lets some of its own mistakes out (a \U escape beyond Unicode, for one); the file is what caused them.
            throw YamlRefusedException.At(reader._parser.Current?.End ?? Mark.Empty, $"this is not YAML: {e.Message}");
        }
    }

    private static string Reason(YamlException e)
    {
        // «While parsing a block mapping, did not find expected key.»; the place is said before it.
        var text = (e.InnerException is YamlException inner ? inner.Message : e.Message).TrimEnd('.', ' ').ReplaceLineEndings(" ");
        return text switch
        {
            "" => "it cannot be read",
            // The parser's words for what people do write: a program's «-» for standard input.
            "Invalid key indicator format" => "a '-' alone is no text here; write it in quotes: \"-\"",
            "Block sequence entries are not allowed in this context" =>
                "a '-' begins a list, which begins on a line of its own; a text that begins so stands in quotes",
            _ => char.ToLowerInvariant(text[0]) + text[1..],
        };
    }

    private YamlItem? ReadStream()
    {
        _parser.Consume<StreamStart>();
        if (_parser.TryConsume<StreamEnd>(out _))
        {
            return null;
        }

        _parser.Consume<DocumentStart>();
        var root = ReadItem(0);
        _parser.Consume<DocumentEnd>();
        return _parser.Accept<DocumentStart>(out var second)
            ? throw YamlRefusedException.At(second.Start, "a second document begins here; a file holds one")
            : root;
    }

    private YamlItem ReadItem(int depth)
    {
        if (depth > _bounds.DeepestNesting)
        {
            throw YamlRefusedException.At(_parser.Current!.Start, $"nested deeper than {_bounds.DeepestNesting} levels");
        }

        var item = _parser.Current switch
        {
            AnchorAlias alias => ReadAlias(alias),
            Scalar scalar => ReadScalar(scalar),
            SequenceStart start => ReadList(start, depth),
            MappingStart start => ReadMap(start, depth),
            var other => throw YamlRefusedException.At(other?.Start ?? Mark.Empty, "this is not YAML: a value was expected"),
        };
        return item;
    }

    private YamlItem ReadAlias(AnchorAlias alias)
    {
        _parser.MoveNext();
        if (!_anchors.TryGetValue(alias.Value.Value, out var target))
        {
            throw YamlRefusedException.At(alias.Start, $"*{alias.Value.Value} refers to an anchor that does not end before it");
        }

        Count(target.Size, alias.Start);
        return target with { Line = (int)alias.Start.Line, Column = (int)alias.Start.Column };
    }

    private YamlScalar ReadScalar(Scalar scalar)
    {
        _parser.MoveNext();
        Count(1, scalar.Start);
        if (!IsWellFormed(scalar.Value))
        {
            throw YamlRefusedException.At(scalar.Start, "half of a surrogate pair is no character");
        }

        var item = new YamlScalar(scalar.Value, KindOf(scalar), (int)scalar.Start.Line, (int)scalar.Start.Column);
        return Anchored(scalar, item);
    }

    private static ScalarKind KindOf(Scalar scalar)
    {
        const string core = "tag:yaml.org,2002:";
        var tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        var kind = CoreSchema.KindOf(scalar.Value);
        return tag switch
        {
            "" => scalar.Style == ScalarStyle.Plain ? kind : ScalarKind.Text,
            "!" or core + "str" => ScalarKind.Text,
            core + "int" when kind == ScalarKind.Integer => kind,
            core + "float" when kind is ScalarKind.Float or ScalarKind.Integer => kind,
            core + "bool" when kind == ScalarKind.Boolean => kind,
            core + "null" when kind == ScalarKind.Null => kind,
            _ => throw Foreign(scalar, tag),
        };
    }

    private YamlList ReadList(SequenceStart start, int depth)
    {
        _parser.MoveNext();
        Count(1, start.Start);
        CheckTag(start, "seq");
        var items = new List<YamlItem>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadItem(depth + 1));
        }

        return Anchored(start, new YamlList(items, (int)start.Start.Line, (int)start.Start.Column, 1 + items.Sum(i => i.Size)));
    }

    private YamlMap ReadMap(MappingStart start, int depth)
    {
        _parser.MoveNext();
        Count(1, start.Start);
        CheckTag(start, "map");
        var entries = new List<YamlEntry>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        long size = 1;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadItem(depth + 1);
            var value = ReadItem(depth + 1);
            size += key.Size + value.Size;
            if (key is not YamlScalar { Kind: not ScalarKind.Null } name)
            {
                _problem(key.Line, key.Column, $"a key has to be a text; there is {key.Described}");
            }
            else if (seen.TryGetValue(name.Value, out var line))
            {
                _problem(key.Line, key.Column, $"'{name.Value}' stands here a second time; the first is in line {line}");
            }
            else
            {
                seen.Add(name.Value, key.Line);
                entries.Add(new YamlEntry(name.Value, value, key.Line, key.Column));
            }
        }

        return Anchored(start, new YamlMap(entries, (int)start.Start.Line, (int)start.Start.Column, size));
    }

    private static void CheckTag(NodeEvent start, string own)
    {
        if (!start.Tag.IsEmpty && start.Tag.Value != "!" && start.Tag.Value != "tag:yaml.org,2002:" + own)
        {
            throw Foreign(start, start.Tag.Value);
        }
    }

    private static YamlRefusedException Foreign(NodeEvent node, string tag) => YamlRefusedException.At(
        node.Start, $"the tag {tag} does not fit this value; only YAML's own tags are known. A text that begins with '!' stands in quotes");

    private T Anchored<T>(NodeEvent node, T item)
        where T : YamlItem
    {
        // Known from its end on: an alias inside its own anchor would be a value without an end.
        if (!node.Anchor.IsEmpty)
        {
            _anchors[node.Anchor.Value] = item;
        }

        return item;
    }

    private void Count(long nodes, Mark mark)
    {
        _nodes += nodes;
        if (_nodes > _bounds.MostValues)
        {
            throw YamlRefusedException.At(mark, $"more than {_bounds.MostValues:N0} values, those repeated by aliases counted");
        }
    }

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return false;
            }

            i++;
        }

        return true;
    }
}
