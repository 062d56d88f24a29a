using System.Globalization;

namespace Runner.Host.Screen;

/// <summary>How ids and numbers of things are said to people.</summary>
internal static class Words
{
    /// <summary>The last eight digits of a run id: those in which neighbours differ.</summary>
    public static string Short(Guid run) => run.ToString("N")[^8..];

    public static string Count(int number, string thing) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {thing}{(number == 1 ? "" : "s")}");
}
