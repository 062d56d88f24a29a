using System.Globalization;
using System.Text;
using Runner.Hocon.Syntax;

namespace Runner.Hocon.Resolution;

/// <summary>
/// Evaluates what stands in cells, lazily and each node once. A substitution looks forward: it takes the final value of its path. Where that leads
/// back to a node being evaluated, it sees only what was assigned before that node, which is how <c>a = ${a} x</c> gets its earlier value.
/// </summary>
internal sealed class Evaluator(ObjectNode root, HoconOptions options, Budget budget)
{
    /// <summary>What a cell holds; null if that is nothing.</summary>
    public View? Evaluate(Cell cell)
    {
        if (cell.IsDone)
        {
            return cell.View;
        }

        var top = cell.Stack.FindIndex(n => n.IsActive);
        budget.Spend(cell.Stack.Count, cell.Stack[0].Origin);
        var view = Merge(cell.Stack, top < 0 ? cell.Stack.Count : top);
        if (top < 0)
        {
            cell.View = view;
            cell.IsDone = true;
        }

        return view;
    }

    private View? Merge(List<Node> stack, int top)
    {
        var objects = new List<View>();
        for (var i = top - 1; i >= 0; i--)
        {
            if (Evaluate(stack[i]) is not { } view)
            {
                continue;
            }

            if (view.Layers is null)
            {
                if (objects.Count == 0)
                {
                    return view;
                }

                break;
            }

            objects.Add(view);
        }

        objects.Reverse();
        return MergeObjects(objects);
    }

    private View? MergeObjects(List<View> objects)
    {
        if (objects.Count < 2)
        {
            return objects.Count == 0 ? null : objects[0];
        }

        var layers = objects.SelectMany(o => o.Layers!).ToList();
        budget.Spend(layers.Count, objects[^1].Origin);
        return View.OfLayers(objects[^1].Origin, layers);
    }

    private View? Evaluate(Node node)
    {
        if (node.IsDone)
        {
            return node.View;
        }

        node.IsActive = true;
        budget.Enter(node.Origin);
        node.View = node switch
        {
            ScalarNode scalar => View.OfScalar(scalar),
            ObjectNode => View.OfLayers(node.Origin, [(ObjectNode)node]),
            ArrayNode array => View.OfItems(node.Origin, array.Items),
            SubstitutionNode substitution => Substitute(substitution),
            ConcatNode concat => Concatenate(concat),
            _ => throw new InvalidOperationException($"a {node.GetType().Name} has no value of its own"),
        };
        budget.Leave();
        node.IsActive = false;
        node.IsDone = true;
        return node.View;
    }

    private View? Substitute(SubstitutionNode node)
    {
        var view = Find(node.Start ?? root, node.Path) ?? (node.Alternate is null ? null : Find(root, node.Alternate)) ?? FromEnvironment(node);
        return view is not null || node.IsOptional ? view
            : throw new HoconException(
                node.Origin, $"{node} has no value",
                "a path that is set before it is needed, a variable of the environment, or ${?…} where it may be missing");
    }

    private View? Find(ObjectNode from, string[] path)
    {
        var cell = from.Fields.GetValueOrDefault(path[0]);
        for (var i = 1; cell is not null; i++)
        {
            var view = Evaluate(cell);
            if (i == path.Length)
            {
                return view;
            }

            cell = view?.Layers is null ? null : view.Find(path[i]);
        }

        return null;
    }

    private View? FromEnvironment(SubstitutionNode node)
    {
        var name = string.Join('.', node.Written);
        if (!node.IsList)
        {
            return Variable(name) is { } scalar ? View.OfScalar(scalar) : null;
        }

        var items = new List<Cell>();
        while (Variable(string.Create(CultureInfo.InvariantCulture, $"{name}_{items.Count}")) is { } item)
        {
            budget.Spend(1, node.Origin);
            items.Add(Cell.Of(item));
        }

        return items.Count == 0 ? null : View.OfItems(node.Origin, items);
    }

    private ScalarNode? Variable(string name) =>
        name.Length > 0 && options.Environment(name) is { } text
            ? new ScalarNode(new HoconOrigin($"the variable {name}", 0, 0), HoconKind.String, text) : null;

    private View? Concatenate(ConcatNode node)
    {
        var parts = node.Parts.Where(p => p is not SpaceNode).Select(p => (Part: p, View: Evaluate(p))).Where(p => p.View is not null).ToList();
        if (parts.Count == 0)
        {
            return null;
        }

        if (parts.TrueForAll(p => p.View!.Layers is not null))
        {
            return MergeObjects([.. parts.Select(p => p.View!)]);
        }

        return parts.TrueForAll(p => p.View!.Scalar is not null) ? View.OfScalar(JoinText(node)) : View.OfItems(node.Origin, JoinItems(parts!));
    }

    private ScalarNode JoinText(ConcatNode node)
    {
        var text = new StringBuilder();
        foreach (var part in node.Parts)
        {
            var piece = part is SpaceNode space ? space.Text : part.View?.Scalar?.Text ?? "";
            budget.Spend(piece.Length, node.Origin);
            text.Append(piece);
        }

        return new ScalarNode(node.Origin, HoconKind.String, text.ToString());
    }

    private List<Cell> JoinItems(List<(Node Part, View View)> parts)
    {
        var items = new List<Cell>();
        foreach (var (part, view) in parts)
        {
            var more = view.Items ?? (view.Layers is null ? null : ItemsOf(view)) ?? throw Concatenation.Mixed(part);
            budget.Spend(more.Count, part.Origin);
            items.AddRange(more);
        }

        return items;
    }

    /// <summary>The items of an object with numbers for keys; null if it has none.</summary>
    private static List<Cell>? ItemsOf(View view)
    {
        var keys = NumericKeys.Sort(view.Keys);
        return keys.Count == 0 ? null : [.. keys.Select(k => view.Find(k)!)];
    }
}
