using System.Buffers;
using System.Globalization;
using System.Numerics;

namespace Runner.Client.DeploymentFiles;

/// <summary>What plain scalars mean by YAML 1.2's core schema (10.3.2): <c>yes</c> and <c>on</c> are texts, <c>012</c> is twelve.</summary>
internal static class CoreSchema
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    public static ScalarKind KindOf(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Boolean,
        _ when IsInteger(text) => ScalarKind.Integer,
        _ when IsFloat(text) => ScalarKind.Float,
        _ => ScalarKind.Text,
    };

    /// <summary>The JSON of a boolean or number; null where JSON has none (infinity).</summary>
    public static string? ToJson(string text, ScalarKind kind) => kind switch
    {
        ScalarKind.Null => "null",
        ScalarKind.Boolean => text.ToLowerInvariant(),
        ScalarKind.Integer => IntegerToJson(text),
        _ => FloatToJson(text),
    };

    private static bool IsInteger(string text)
    {
        if (text.StartsWith("0o", StringComparison.Ordinal))
        {
            return text.Length > 2 && !text.AsSpan(2).ContainsAnyExceptInRange('0', '7');
        }

        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return text.Length > 2 && !text.AsSpan(2).ContainsAnyExcept(HexDigits);
        }

        var digits = WithoutSign(text);
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9');
    }

    private static bool IsFloat(string text)
    {
        var rest = WithoutSign(text);
        if (rest is ".inf" or ".Inf" or ".INF" || text is ".nan" or ".NaN" or ".NAN")
        {
            return true;
        }

        var whole = TakeDigits(ref rest);
        var fraction = 0;
        if (rest.StartsWith("."))
        {
            rest = rest[1..];
            fraction = TakeDigits(ref rest);
        }

        if (whole + fraction == 0)
        {
            return false;
        }

        if (rest.StartsWith("e", StringComparison.OrdinalIgnoreCase))
        {
            rest = WithoutSign(rest[1..]);
            return TakeDigits(ref rest) > 0 && rest.IsEmpty;
        }

        return rest.IsEmpty;
    }

    private static string? IntegerToJson(string text)
    {
        if (text.StartsWith("0o", StringComparison.Ordinal))
        {
            var value = BigInteger.Zero;
            foreach (var digit in text.AsSpan(2))
            {
                value = (value * 8) + (digit - '0');
            }

            return value.ToString(CultureInfo.InvariantCulture);
        }

        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return BigInteger.Parse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
                .ToString(CultureInfo.InvariantCulture);
        }

        var digits = WithoutSign(text).TrimStart('0');
        return (text[0] == '-' ? "-" : "") + (digits.IsEmpty ? "0" : digits.ToString());
    }

    private static string? FloatToJson(string text)
    {
        var rest = WithoutSign(text);
        if (rest[0] == '.' && rest.Length > 1 && !char.IsAsciiDigit(rest[1]))
        {
            return null;
        }

        var exponentAt = rest.IndexOfAny('e', 'E');
        var mantissa = exponentAt < 0 ? rest : rest[..exponentAt];
        var point = mantissa.IndexOf('.');
        var whole = (point < 0 ? mantissa : mantissa[..point]).TrimStart('0');
        var fraction = point < 0 ? default : mantissa[(point + 1)..];
        return string.Concat(
            text[0] == '-' ? "-" : "",
            whole.IsEmpty ? "0" : whole.ToString(),
            fraction.IsEmpty ? "" : string.Concat(".", fraction),
            exponentAt < 0 ? "" : rest[exponentAt..].ToString());
    }

    private static ReadOnlySpan<char> WithoutSign(ReadOnlySpan<char> text) => text.Length > 0 && text[0] is '+' or '-' ? text[1..] : text;

    private static int TakeDigits(ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOfAnyExceptInRange('0', '9');
        var count = end < 0 ? rest.Length : end;
        rest = rest[count..];
        return count;
    }
}
