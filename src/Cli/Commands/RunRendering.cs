using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Runner.Cli.Terminal;
using Runner.Messages.Runs;

namespace Runner.Cli.Commands;

/// <summary>A run and its states, for people; <c>serve</c> uses the same words.</summary>
public static class RunRendering
{
    private const int LongestResult = 2_000;

    /// <summary>The run's fields, and its history as a table.</summary>
    public static string Render(CliContext context, RunView run)
    {
        var text = new StringBuilder(Fields.Render(
            context,
            ("Run", run.Id.ToString()),
            ("Name", run.Name is { } name ? Printable.Line(name) : null),
            ("Deployment", run.Deployment),
            ("State", new Cell(Printable.Line(run.State.Name), _ => context.Style.State(run.State))),
            ("Message", run.State.Message),
            ("Waiting for", run.WaitingFor),
            ("Exit code", run.ExitCode?.ToString(CultureInfo.InvariantCulture)),
            ("Signal", run.Signal?.ToString(CultureInfo.InvariantCulture)),
            ("Due", context.Times.Both(run.Due)),
            ("Starts", run is { StartAt: { } start, Started: null, Ended: null } ? context.Times.Both(start) : null),
            ("Created", context.Times.Both(run.Created)),
            ("Started", run.Started is { } started ? context.Times.Both(started) : null),
            ("Ended", run.Ended is { } ended ? context.Times.Both(ended) : null),
            ("Duration", run.Started is { } from ? Times.Length((run.Ended ?? context.Times.Now) - from) : null),
            ("Attempt", string.Create(CultureInfo.InvariantCulture, $"{run.Attempt} of at most {run.MaxAttempts}")),
            ("Priority", run.Priority == 0 ? null : run.Priority.ToString(CultureInfo.InvariantCulture)),
            ("Schedule", run.Schedule),
            ("Retry of", run.RetryOf?.ToString()),
            ("Tags", string.Join(", ", OrNone(run.Tags))),
            ("Parameters", run.Parameters is null ? null : Fields.Json(run.Parameters)),
            ("Command", run.Shell is null ? Printable.Command(OrNone(run.Command)) : null),
            ("Shell", run.Shell is null ? null : Printable.Line(run.Shell)),
            ("Folder", run.Workdir),
            ("Slots", string.Join(", ", OrNone(run.Slots).Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Limit} #{s.Number}")))),
            ("Node", run.Pid is { } pid ? string.Create(CultureInfo.InvariantCulture, $"{run.Node}, process {pid}") : run.Node),
            ("Result", Shortened(run.Result?.GetRawText()))));
        return text.Append('\n').Append(History(context, OrNone(run.History)).Render(context.Style)).ToString();
    }

    /// <summary>A new state in a sentence's length: <c>Failed (attempt 2, exit code 3): …</c>.</summary>
    /// <param name="after">What stands between the state and its explanation, such as <c> after 2 s</c>.</param>
    public static string Line(Style style, RunStateChange change, string after = "")
    {
        var facts = new List<string>();
        if (change.Attempt > 1)
        {
            facts.Add(string.Create(CultureInfo.InvariantCulture, $"attempt {change.Attempt}"));
        }

        if (change.ExitCode is { } code && code != 0)
        {
            facts.Add(string.Create(CultureInfo.InvariantCulture, $"exit code {code}"));
        }

        return style.State(change.State)
            + (facts.Count == 0 ? "" : $" ({string.Join(", ", facts)})")
            + after
            + (change.State.Message is { } message ? $": {Printable.Line(message)}" : "");
    }

    private static Table History(CliContext context, ImmutableArray<RunStateChange> history)
    {
        var table = new Table("TIME", "AFTER", "STATE", "ATTEMPT", "EXIT CODE", "MESSAGE");
        DateTimeOffset? previous = null;
        foreach (var change in history)
        {
            table.Add(
                context.Times.Exact(change.State.At),
                previous is { } p ? Times.Length(change.State.At - p) : "",
                new Cell(Printable.Line(change.State.Name), _ => context.Style.State(change.State)),
                change.Attempt == 0 ? "" : change.Attempt.ToString(CultureInfo.InvariantCulture),
                change.ExitCode?.ToString(CultureInfo.InvariantCulture),
                change.State.Message);
            previous = change.State.At;
        }

        return table;
    }

    private static string? Shortened(string? text) => text is null || text.Length <= LongestResult
        ? text
        : string.Concat(text.AsSpan(0, LongestResult), "… (whole with --json)");

    // A node of another version may leave a list out.
    private static ImmutableArray<T> OrNone<T>(ImmutableArray<T> items) => items.IsDefault ? [] : items;
}
