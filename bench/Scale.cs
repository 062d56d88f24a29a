namespace Runner.Bench;

/// <summary>Sizes: those that the figures are made with, or small ones that only show that a measurement comes to its end.</summary>
internal static class Scale
{
    public static bool IsQuick { get; set; }

    public static int Of(int full, int quick) => IsQuick ? quick : full;

    public static TimeSpan OfSeconds(double full, double quick) => TimeSpan.FromSeconds(IsQuick ? quick : full);
}
