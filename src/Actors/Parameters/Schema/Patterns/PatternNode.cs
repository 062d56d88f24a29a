using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Runner.Actors.Parameters.Schema.Patterns;

/// <summary>A part of a regular expression that can write itself in .NET's words.</summary>
internal abstract record PatternNode
{
    /// <summary>Whether a machine without backtracking can run it.</summary>
    public virtual bool IsRegular => true;

    /// <param name="astral">Whether code points above U+FFFF may occur in the text.</param>
    public abstract void Write(StringBuilder pattern, bool astral);
}

internal sealed record Characters(CodePoints Set) : PatternNode
{
    public override void Write(StringBuilder pattern, bool astral) => Set.Write(pattern, astral);
}

/// <summary><c>^</c> or <c>$</c>: the text's very beginning or end.</summary>
internal sealed record Edge(bool End) : PatternNode
{
    public override void Write(StringBuilder pattern, bool astral) => pattern.Append(End ? @"\z" : @"\A");
}

/// <summary><c>\b</c> or <c>\B</c>: of ASCII words, where .NET's own is of Unicode's.</summary>
internal sealed record WordEdge(bool Inside) : PatternNode
{
    private const string Word = "[0-9A-Z_a-z]";

    public override bool IsRegular => false;

    public override void Write(StringBuilder pattern, bool astral) => pattern.Append(
        Inside ? $"(?:(?<={Word})(?={Word})|(?<!{Word})(?!{Word}))" : $"(?:(?<={Word})(?!{Word})|(?<!{Word})(?={Word}))");
}

/// <param name="Opening">What stands before the content: <c>(</c>, <c>(?:</c>, <c>(?=</c> and the like.</param>
internal sealed record Group(string Opening, PatternNode Content) : PatternNode
{
    public override bool IsRegular => Opening is "(" or "(?:" && Content.IsRegular;

    public override void Write(StringBuilder pattern, bool astral)
    {
        pattern.Append(Opening);
        Content.Write(pattern, astral);
        pattern.Append(')');
    }
}

internal sealed record Sequence(ImmutableArray<PatternNode> Parts) : PatternNode
{
    public override bool IsRegular => Parts.All(p => p.IsRegular);

    public override void Write(StringBuilder pattern, bool astral)
    {
        foreach (var part in Parts)
        {
            part.Write(pattern, astral);
        }
    }
}

internal sealed record Alternatives(ImmutableArray<PatternNode> Branches) : PatternNode
{
    public override bool IsRegular => Branches.All(b => b.IsRegular);

    public override void Write(StringBuilder pattern, bool astral)
    {
        for (var i = 0; i < Branches.Length; i++)
        {
            pattern.Append(i == 0 ? "" : "|");
            Branches[i].Write(pattern, astral);
        }
    }
}

/// <param name="Most">Null for no bound.</param>
internal sealed record Repeated(PatternNode Of, int Least, int? Most, bool Lazy) : PatternNode
{
    public override bool IsRegular => Of.IsRegular;

    public override void Write(StringBuilder pattern, bool astral)
    {
        pattern.Append("(?:");
        Of.Write(pattern, astral);
        pattern.Append(CultureInfo.InvariantCulture, $"){{{Least},{Most}}}").Append(Lazy ? "?" : "");
    }
}

/// <summary><c>\1</c>: what that group matched; nothing, if it did not take part, where .NET would fail.</summary>
internal sealed record BackReference(int Number) : PatternNode
{
    public override bool IsRegular => false;

    public override void Write(StringBuilder pattern, bool astral) => pattern.Append(CultureInfo.InvariantCulture, $"(?({Number})\\{Number}|)");
}
