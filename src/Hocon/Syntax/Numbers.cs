namespace Runner.Hocon.Syntax;

/// <summary>Numbers by the grammar of JSON.</summary>
internal static class Numbers
{
    /// <summary>Whether the whole text is a number.</summary>
    public static bool IsNumber(ReadOnlySpan<char> text)
    {
        if (text.Length > 0 && text[0] == '-')
        {
            text = text[1..];
        }

        var whole = Digits(text);
        if (whole == 0 || (whole > 1 && text[0] == '0'))
        {
            return false;
        }

        text = text[whole..];
        if (text.Length > 0 && text[0] == '.')
        {
            var fraction = Digits(text[1..]);
            if (fraction == 0)
            {
                return false;
            }

            text = text[(1 + fraction)..];
        }

        if (text.Length == 0 || text[0] is not ('e' or 'E'))
        {
            return text.Length == 0;
        }

        text = text[1..];
        text = text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;
        return text.Length > 0 && Digits(text) == text.Length;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }
}
