using System.Collections.Immutable;
using System.Globalization;
using Runner.Messages.Runs;

namespace Runner.Host.Console;

/// <summary>How ids, times and states are said to people.</summary>
internal static class Words
{
    /// <summary>The last eight digits of a run id: those in which neighbours differ.</summary>
    public static string Short(Guid run) => run.ToString("N")[^8..];

    /// <summary>«in 3 s», «in 2 h 5 min»; «now» when it is due.</summary>
    public static string Until(TimeSpan time) => time switch
    {
        { Ticks: <= 0 } => "now",
        { TotalSeconds: < 90 } => string.Create(CultureInfo.InvariantCulture, $"in {Math.Ceiling(time.TotalSeconds):0} s"),
        { TotalMinutes: < 90 } => string.Create(CultureInfo.InvariantCulture, $"in {time.TotalMinutes:0} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"in {time.TotalHours:0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"in {time.TotalDays:0} days"),
    };

    /// <summary>A local time, with its date when that is not today's.</summary>
    public static string Local(DateTimeOffset at, DateTimeOffset now, TimeZoneInfo zone)
    {
        var (there, here) = (TimeZoneInfo.ConvertTime(at, zone), TimeZoneInfo.ConvertTime(now, zone));
        return there.ToString(there.Date == here.Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }

    public static string Duration(TimeSpan time) =>
        time.TotalSeconds < 120 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0} s") : Runner.Messages.DurationText.Format(time);

    public static string Count(int number, string thing) => string.Create(CultureInfo.InvariantCulture, $"{number} {thing}{(number == 1 ? "" : "s")}");

    public static Colour Of(RunState state) => state.Type switch
    {
        StateType.Completed => Colour.Green,
        StateType.Failed or StateType.Crashed => Colour.Red,
        StateType.Cancelled or StateType.Cancelling => Colour.Yellow,
        StateType.Running => Colour.Blue,
        _ => Colour.Grey,
    };
}
