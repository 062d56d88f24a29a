using System.Globalization;

namespace Runner.Cli.Terminal;

/// <summary>Numbers of bytes as people read them.</summary>
internal static class Sizes
{
    private static readonly string[] Units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

    /// <summary><c>512 bytes</c>, <c>1.5 MiB</c>.</summary>
    public static string Text(long bytes)
    {
        var (amount, unit) = ((double)bytes, 0);
        while (amount >= 1024 && unit < Units.Length - 1)
        {
            (amount, unit) = (amount / 1024, unit + 1);
        }

        return unit == 0 ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes")
            : string.Create(CultureInfo.InvariantCulture, $"{amount:0.0} {Units[unit]}");
    }
}
