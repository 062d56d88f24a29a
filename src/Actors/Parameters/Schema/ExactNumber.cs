using System.Globalization;
using System.Numerics;

namespace Runner.Actors.Parameters.Schema;

/// <summary>
/// A JSON number as it is written, without rounding: <c>Digits × 10^Scale</c>, where the digits neither begin nor end with a zero (none at all for
/// zero), so that equal numbers are equal values. Comparing never expands an exponent: 1e999999999 costs as little as 1.
/// </summary>
internal readonly record struct ExactNumber : IComparable<ExactNumber>
{
    /// <summary>Digits that a number may have: far beyond what anybody computes with, and cheap to divide.</summary>
    public const int MostDigits = 10_000;

    private const long LargestExponent = 1_000_000_000_000_000;

    private ExactNumber(bool negative, string digits, long scale) => (Negative, Digits, Scale) = (negative, digits, scale);

    public bool Negative { get; }

    public string Digits { get; }

    public long Scale { get; }

    /// <summary>Whether it has no fraction, however it is written: 1.0 and 10e-1 are whole.</summary>
    public bool IsWhole => Scale >= 0;

    public bool IsZero => Digits.Length == 0;

    /// <summary>Where its first digit stands: 1 for 1 to 9.</summary>
    private long Magnitude => Digits.Length + Scale;

    /// <summary>Reads a number in JSON's grammar; false if it has more digits or a larger exponent than are taken.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ExactNumber number)
    {
        number = new ExactNumber(false, "", 0);
        var negative = text[0] == '-';
        var rest = negative ? text[1..] : text;
        var exponentAt = rest.IndexOfAny('e', 'E');
        var mantissa = exponentAt < 0 ? rest : rest[..exponentAt];
        var point = mantissa.IndexOf('.');
        var fraction = point < 0 ? 0 : mantissa.Length - point - 1;
        var all = point < 0 ? mantissa.TrimStart('0') : string.Concat(mantissa[..point], mantissa[(point + 1)..]).AsSpan().TrimStart('0');
        var digits = all.TrimEnd('0');
        if (digits.IsEmpty)
        {
            return true;
        }

        if (digits.Length > MostDigits || !TryReadExponent(exponentAt < 0 ? default : rest[(exponentAt + 1)..], out var exponent))
        {
            return false;
        }

        number = new ExactNumber(negative, digits.ToString(), exponent - fraction + (all.Length - digits.Length));
        return true;
    }

    public int CompareTo(ExactNumber other)
    {
        if (Negative != other.Negative || IsZero || other.IsZero)
        {
            return Sign.CompareTo(other.Sign);
        }

        var larger = Magnitude != other.Magnitude ? Magnitude.CompareTo(other.Magnitude) : string.CompareOrdinal(Digits, other.Digits);
        return Negative ? -larger : larger;
    }

    /// <summary>Whether it is a whole multiple of a number that is not zero.</summary>
    public bool IsMultipleOf(ExactNumber divisor)
    {
        var shift = Scale - divisor.Scale;
        if (IsZero || -shift > Digits.Length)
        {
            // Its last digit is no zero, so it is no multiple of a power of ten that has more zeros than it has digits.
            return IsZero;
        }

        var (value, by) = (BigInteger.Parse(Digits, CultureInfo.InvariantCulture), BigInteger.Parse(divisor.Digits, CultureInfo.InvariantCulture));
        return shift >= 0
            ? (value * BigInteger.ModPow(10, shift, by) % by).IsZero
            : (value % (by * BigInteger.Pow(10, (int)-shift))).IsZero;
    }

    /// <summary>
    /// What asking that costs, in schemas applied: nothing for numbers that people write, hundreds of thousands for a divisor of 10,000 digits and a
    /// large exponent, which is raised bit by bit.
    /// </summary>
    public int CostOfDividing(ExactNumber divisor)
    {
        var (longer, shift) = ((long)Math.Max(Digits.Length, divisor.Digits.Length), Scale - divisor.Scale);
        var rounds = shift > 0 ? 64 - BitOperations.LeadingZeroCount((ulong)shift) : 1;
        return (int)(longer * longer * rounds / 20_000);
    }

    /// <summary>As people write it.</summary>
    public override string ToString()
    {
        const int longest = 40;
        var text = IsZero ? "0"
            : Scale is >= 0 and < 20 ? Digits + new string('0', (int)Scale)
            : Scale < 0 && Magnitude > 0 ? $"{Digits[..(int)Magnitude]}.{Digits[(int)Magnitude..]}"
            : Scale < 0 && Magnitude > -10 ? $"0.{new string('0', (int)-Magnitude)}{Digits}"
            : string.Create(CultureInfo.InvariantCulture, $"{Digits[0]}{(Digits.Length > 1 ? "." : "")}{Digits[1..]}e{Magnitude - 1}");
        return (Negative ? "-" : "") + (text.Length <= longest ? text : text[..longest] + "…");
    }

    /// <summary>It as a count of things; null if it is none, or more than there can be.</summary>
    public int? AsCount() =>
        Negative || !IsWhole ? null
        : Magnitude > 10 ? int.MaxValue
        : (int)Math.Min(int.MaxValue, long.Parse("0" + Digits + new string('0', (int)Scale), CultureInfo.InvariantCulture));

    private int Sign => IsZero ? 0 : Negative ? -1 : 1;

    private static bool TryReadExponent(ReadOnlySpan<char> text, out long exponent)
    {
        exponent = 0;
        return text.IsEmpty
            || (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
                && Math.Abs((decimal)exponent) <= LargestExponent);
    }
}
