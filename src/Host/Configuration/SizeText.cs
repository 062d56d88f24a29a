using Runner.Hocon;

namespace Runner.Host.Configuration;

/// <summary>Sizes as flags and variables say them: bytes, with one of HOCON's units or without. The parser is loaded only when one is said.</summary>
internal static class SizeText
{
    private static readonly HoconOrigin Nowhere = new("", 0, 0);

    public static bool TryParse(string text, out long bytes)
    {
        try
        {
            bytes = new HoconScalar(Nowhere, HoconKind.String, text).AsSize();
            return true;
        }
        catch (HoconException)
        {
            bytes = 0;
            return false;
        }
    }
}
