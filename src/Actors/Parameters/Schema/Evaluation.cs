using System.Diagnostics;
using System.Text.RegularExpressions;
using Runner.Actors.Parameters.Schema.Patterns;

namespace Runner.Actors.Parameters.Schema;

/// <summary>One thing that a schema does not allow.</summary>
/// <param name="Message">What was expected; never the value itself, which may be secret.</param>
internal readonly record struct Violation(JsonPath Path, string Message, ViolationKind Kind);

/// <summary>What a violation says about which of several alternatives was meant.</summary>
internal enum ViolationKind
{
    Other,

    /// <summary>The value is of another type, or nothing is allowed.</summary>
    Type,

    /// <summary>The value is none of those that are listed.</summary>
    Value,
}

/// <summary>A check that would cost more than anybody means it to; the message is for people.</summary>
internal sealed class CheckAbandonedException(string message) : Exception(message);

/// <summary>What one check costs, or several together.</summary>
/// <param name="mostWork">How many schemas are applied at most, each to one value.</param>
internal sealed class CheckCost(int mostWork = Evaluation.MostWork)
{
    public int MostWork => mostWork;

    public int Work { get; set; }

    public TimeSpan Matching { get; set; }

    public int Compared { get; set; }
}

/// <summary>One check of one value: what was found, where it is, and what it has cost.</summary>
/// <param name="partial">Whether more properties may be added to the value: only what that cannot put right is wrong.</param>
/// <param name="patience">How long all patterns may take together; null is <see cref="EcmaPattern.PatienceForAll"/>.</param>
/// <param name="cost">What the checks before it that it is one with have cost; null for none.</param>
internal sealed class Evaluation(bool partial, TimeSpan? patience = null, CheckCost? cost = null)
{
    /// <summary>How deep schemas may be applied within each other: far more than values are nested.</summary>
    public const int Deepest = 500;

    /// <summary>How many schemas one check applies at most, each to one value: about a second.</summary>
    public const int MostWork = 2_000_000;

    /// <summary>How many names one check compares with what was written, to say which was meant.</summary>
    private const int MostCompared = 10_000;

    private readonly List<SchemaResource> _scope = [];
    private readonly TimeSpan _patience = patience ?? EcmaPattern.PatienceForAll;
    private readonly CheckCost _cost = cost ?? new CheckCost();
    private int _depth;

    /// <summary>What was found; null if it is only asked whether anything is wrong.</summary>
    public List<Violation>? Found { get; private set; } = [];

    /// <summary>Nobody reads what is wrong: the first thing decides.</summary>
    public bool Quiet => Found is null;

    /// <summary>The resources that lead here, outermost first.</summary>
    public IReadOnlyList<SchemaResource> Scope => _scope;

    /// <summary>Applies a schema to a value.</summary>
    /// <param name="seen">Takes what the schema looked at; empty when it is given.</param>
    public bool Fits(SchemaNode node, JsonData value, JsonPath path, Seen? seen)
    {
        Spend(1);
        if (++_depth > Deepest)
        {
            throw new CheckAbandonedException(
                $"the check goes deeper than {Deepest:N0} schemas within each other; make the schema or the value simpler");
        }

        var enters = _scope.Count == 0 || _scope[^1] != node.Resource;
        if (enters)
        {
            _scope.Add(node.Resource);
        }

        var fits = Apply(node, value, path, node.NeedsSeen ? seen ?? new Seen() : seen);
        if (enters)
        {
            _scope.RemoveAt(_scope.Count - 1);
        }

        _depth--;
        return fits;
    }

    /// <summary>As <see cref="Fits"/>, with what is wrong in a list of its own.</summary>
    public bool FitsApart(SchemaNode node, JsonData value, JsonPath path, Seen? seen, List<Violation>? found)
    {
        var outer = Found;
        Found = found;
        var fits = Fits(node, value, path, seen);
        Found = outer;
        return fits;
    }

    /// <summary>Says what is wrong; always false, to be the answer.</summary>
    public bool Violated(JsonPath path, string message, ViolationKind kind = ViolationKind.Other)
    {
        Found?.Add(new Violation(path, message, kind));
        return false;
    }

    /// <exception cref="CheckAbandonedException">Too much was spent.</exception>
    public void Spend(int work)
    {
        _cost.Work += work;
        if (_cost.Work > _cost.MostWork)
        {
            throw new CheckAbandonedException("the check takes too many steps; make the schema or the value simpler");
        }
    }

    /// <summary>Whether so many more names may be compared; nobody reads the hints of a thousand problems.</summary>
    public bool MayCompare(int names)
    {
        var may = _cost.Compared + names <= MostCompared;
        _cost.Compared += may ? names : 0;
        return may;
    }

    /// <summary>Asks a pattern, and gives up on the whole check if it does not answer in time, or if all of them together do not.</summary>
    /// <exception cref="CheckAbandonedException">It took too long.</exception>
    public bool Matches(EcmaPattern pattern, string text, JsonPath path)
    {
        Spend(1 + (text.Length / 1_000));
        // A pattern's cost cannot be told from its text, nor from how many were asked: only by looking.
        var began = Stopwatch.GetTimestamp();
        bool found;
        try
        {
            found = pattern.IsIn(text);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new CheckAbandonedException(
                $"whether {path} matches the pattern {JsonPath.Quote(pattern.Text)} was not known after {EcmaPattern.Patience.TotalSeconds:0} s; "
                + "make the pattern simpler");
        }

        _cost.Matching += Stopwatch.GetElapsedTime(began);
        return _cost.Matching <= _patience ? found : throw new CheckAbandonedException(
            $"the patterns took {_patience.TotalSeconds:0.##} s together, the last of them {JsonPath.Quote(pattern.Text)} at {path}; "
            + "make them or the value simpler");
    }

    private bool Apply(SchemaNode node, JsonData value, JsonPath path, Seen? seen)
    {
        var fits = true;
        foreach (var keyword in node.Keywords)
        {
            if (partial && path.IsRoot && !keyword.HoldsForParts)
            {
                continue;
            }

            fits &= keyword.Fits(value, path, seen, this);
            if (!fits && Quiet)
            {
                return false;
            }
        }

        return fits;
    }
}
