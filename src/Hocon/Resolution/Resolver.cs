using Runner.Hocon.Syntax;

namespace Runner.Hocon.Resolution;

/// <summary>Makes the value of a parsed text: every substitution replaced, every merge done.</summary>
internal sealed class Resolver
{
    private readonly Budget _budget;
    private readonly Evaluator _evaluator;

    private Resolver(ObjectNode root, HoconOptions options)
    {
        _budget = new Budget(options);
        _evaluator = new Evaluator(root, options, _budget);
    }

    /// <param name="node">An object, or an array (in which paths lead nowhere, so that substitutions are the environment's).</param>
    /// <exception cref="HoconException">A substitution has no value, goes round in circles, or expands beyond the limits.</exception>
    public static HoconValue Resolve(Node node, HoconOptions options) =>
        new Resolver(node as ObjectNode ?? new ObjectNode(node.Origin), options).ValueOf(Cell.Of(node))!;

    private HoconValue? ValueOf(Cell cell)
    {
        var view = _evaluator.Evaluate(cell);
        if (view is { IsInProgress: true })
        {
            Break(cell);
            view = _evaluator.Evaluate(cell);
            if (view is { IsInProgress: true })
            {
                throw Circle(cell);
            }
        }

        return view is null ? null : ValueOf(view);
    }

    private HoconValue ValueOf(View view)
    {
        if (view.Value is { } known)
        {
            return known;
        }

        _budget.Enter(view.Origin);
        view.SetInProgress(true);
        HoconValue value = view.Scalar is { } scalar ? new HoconScalar(view.Origin, scalar.Kind, scalar.Text)
            : view.Items is { } items ? new HoconArray(view.Origin, items.Select(ValueOf).OfType<HoconValue>())
            : new HoconObject(view.Origin, FieldsOf(view));
        view.SetInProgress(false);
        _budget.Leave();
        return view.Value = _budget.Check(value);
    }

    private IEnumerable<KeyValuePair<string, HoconValue>> FieldsOf(View view)
    {
        foreach (var key in view.Keys)
        {
            if (ValueOf(view.Find(key)!) is { } value)
            {
                yield return new(key, value);
            }
        }
    }

    /// <summary>An object or array needs itself: optional substitutions on the way count as missing, required ones are errors.</summary>
    private static void Break(Cell cell)
    {
        foreach (var node in cell.Stack)
        {
            var optional = (node is ConcatNode concat ? concat.Parts : [node]).OfType<SubstitutionNode>()
                .Where(s => s.IsOptional && s.View is { IsContainer: true }).ToList();
            foreach (var substitution in optional)
            {
                substitution.View = null;
            }

            if (optional.Count == 0)
            {
                continue;
            }

            cell.IsDone = false;
            if (node is ConcatNode)
            {
                node.IsDone = false;
            }
        }
    }

    private static HoconException Circle(Cell cell)
    {
        var node = cell.Stack.FindLast(n => n is SubstitutionNode or ConcatNode) ?? cell.Stack[^1];
        var cause = node is ConcatNode concat ? concat.Parts.OfType<SubstitutionNode>().FirstOrDefault() ?? node : node;
        return new HoconException(
            cause.Origin, $"{(cause is SubstitutionNode ? cause : "the value")} refers to the object or array that it stands in",
            "a path outside of it");
    }
}
