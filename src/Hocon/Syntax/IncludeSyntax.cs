namespace Runner.Hocon.Syntax;

/// <summary>What an include says.</summary>
/// <param name="Name">The text in quotes.</param>
/// <param name="IsRequired">Whether a missing file is an error.</param>
/// <param name="Function"><c>file</c>, <c>url</c> or <c>classpath</c>; null for a bare name.</param>
internal sealed record IncludeStatement(HoconOrigin Origin, string Name, bool IsRequired, string? Function);

/// <summary>Reads what follows the word <c>include</c>.</summary>
internal static class IncludeSyntax
{
    private const string Expected = "a quoted file name, file(\"…\") or required(…); a key of that name is written \"include\"";

    public static IncludeStatement Read(Cursor cursor, HoconOrigin origin)
    {
        cursor.SkipAll();
        var isRequired = TakeFunction(cursor, "required");
        var function = Array.Find(["file", "url", "classpath"], f => TakeFunction(cursor, f));
        if (cursor.Peek != '"')
        {
            throw cursor.Wrong($"{cursor.Describe()} stands behind include", Expected);
        }

        var name = cursor.TakeQuoted();
        for (var open = (isRequired ? 1 : 0) + (function is null ? 0 : 1); open > 0; open--)
        {
            cursor.SkipAll();
            if (!cursor.TryTake(')'))
            {
                throw cursor.Wrong($"{cursor.Describe()} stands behind the name of the include", "')'");
            }
        }

        return new IncludeStatement(origin, name, isRequired, function);
    }

    private static bool TakeFunction(Cursor cursor, string name)
    {
        if (!cursor.StartsWith(name + "("))
        {
            return false;
        }

        cursor.Advance(name.Length + 1);
        cursor.SkipAll();
        return true;
    }
}
