using System.Globalization;
using System.Text;
using Runner.Cli;
using Runner.Cli.Terminal;

namespace Runner.Host.Commands.SchedulePreview;

/// <summary>An answer for people: a line an occurrence, in the schedule's zone, in UTC and from now.</summary>
internal static class PreviewText
{
    private const string Wall = "ddd yyyy-MM-dd HH:mm:ss.FFFFFFF";

    public static string Render(CliContext context, PreviewRequest request, PreviewAnswer answer)
    {
        var table = new Table($"LOCAL ({answer.Zone.Id})", "OFFSET", "UTC", "", "");
        foreach (var at in answer.Occurrences)
        {
            var local = ZonedTimes.WallClock(at, answer.Zone);
            table.Add(
                local?.ToString(Wall, CultureInfo.InvariantCulture),
                local is null ? null : ZonedTimes.Offset(at, answer.Zone),
                at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture),
                context.Times.Relative(at),
                new Cell(MovedTime.Note(answer, request.Spec, at) ?? "", context.Style.Yellow));
        }

        var text = new StringBuilder(answer.Occurrences.IsEmpty ? "" : table.Render(context.Style));
        if (answer.Occurrences.Length < request.Count && answer.GaveUp is null)
        {
            text.Append(answer.Occurrences.IsEmpty
                ? $"The schedule has ended: nothing occurs after {ZonedTimes.Format(request.From, answer.Zone)}.\n"
                : "The schedule ends there.\n");
        }

        return text.ToString();
    }
}
