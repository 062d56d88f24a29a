using System.Globalization;
using Runner.Hocon.Syntax;

namespace Runner.Hocon.Values;

/// <summary>The automatic conversions of simple values.</summary>
internal static class Conversions
{
    public static long ToLong(HoconScalar value)
    {
        const string Expected = "a whole number of 64 bits";
        if (!Numbers.IsNumber(value.Text))
        {
            throw Unfit(value, Expected);
        }

        if (long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return whole;
        }

        // 1e3 and 5.0 are whole too.
        return decimal.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number == decimal.Truncate(number) && number is >= long.MinValue and <= long.MaxValue
                ? (long)number
                : throw Unfit(value, Expected);
    }

    public static bool ToBoolean(HoconScalar value) => value.Kind is HoconKind.Number ? throw Unfit(value, "true or false") : value.Text switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        _ => throw Unfit(value, "true, yes, on, false, no or off"),
    };

    public static HoconException Unfit(HoconScalar value, string expected) => new(value.Origin, $"here is {value.ToJson()}", expected);
}
