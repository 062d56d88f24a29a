using System.CommandLine;
using System.Globalization;
using Runner.Cli;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;
using Runner.Client;
using Runner.Messages;
using Runner.Messages.Deployments;

namespace Runner.Host.Commands.SchedulePreview;

/// <summary><c>runner schedule preview</c>: when a schedule is due. Needs no node.</summary>
internal sealed class SchedulePreviewCommand(CliContext context, Func<Stream> input)
{
    private readonly Option<string?> _cron = Values.Text("--cron", "A cron expression, or a macro such as @daily.", "EXPRESSION");
    private readonly Option<DayFields?> _dayOr = Values.Word(
        "--day-or", "Whether a day matches when either day field does (true), or only when both do.", ("true", DayFields.Either),
        ("false", DayFields.Both));

    private readonly Option<string?> _rrule = Values.Text(
        "--rrule", "A recurrence rule (RFC 5545), with lines of DTSTART, RDATE, EXDATE as needed.", "TEXT");
    private readonly Option<TimeSpan?> _interval = Values.Duration("--interval", "A duration such as 45m.");
    private readonly Option<string?> _anchor = Values.Text(
        "--anchor", "An instant that is an occurrence of the interval (1970-01-01T00:00:00Z).", "INSTANT");
    private readonly Option<string?> _timezone = Values.Text("--timezone", "An IANA time zone (UTC).", "ZONE");
    private readonly Option<string?> _from = Values.Text("--from", "Occurrences after this instant (now).", "INSTANT");
    private readonly Option<bool> _inclusive = Values.Flag("--inclusive", "Also one at the instant of --from itself.");
    private readonly Option<int?> _count = Values.Integer(
        "--count", string.Create(CultureInfo.InvariantCulture, $"How many ({PreviewRequest.UsuallyShown})."), 1, PreviewRequest.MostShown);
    private readonly Option<bool> _json = Values.Flag("--json", "Print JSON: the line that --batch would answer.");
    private readonly Option<bool> _batch = Values.Flag(
        "--batch", "Read requests from standard input, a JSON object a line, and answer each with a line.");

    /// <summary>Two words, and not a boolean: of that the parser would take no word but its own.</summary>
    private enum DayFields
    {
        Either,
        Both,
    }

    /// <param name="input">Opens standard input.</param>
    public static Command Create(CliContext context, Func<Stream> input)
    {
        var it = new SchedulePreviewCommand(context, input);
        var command = new Command("preview", "Show when a schedule is due, without a node.")
        {
            it._cron, it._dayOr, it._rrule, it._interval, it._anchor, it._timezone, it._from, it._inclusive, it._count, it._json, it._batch,
        }.WithExample("runner schedule preview --cron \"30 2 * * *\" --timezone America/New_York --from 2026-03-07T00:00:00-05:00 --count 5");
        command.SetAction((parsed, cancel) => parsed.GetValue(it._batch) ? it.AnswerLinesAsync(parsed, cancel) : Task.FromResult(it.Answer(parsed)));
        return command;
    }

    private int Answer(ParseResult parsed)
    {
        var request = Request(parsed);
        var answer = request.Answer();
        if (!answer.Problems.IsEmpty)
        {
            throw new UsageException(string.Join("; ", answer.Problems.Select(InOptions)));
        }

        if (parsed.GetValue(_json))
        {
            context.WriteLine(PreviewJson.Write(answer));
        }
        else
        {
            context.Write(PreviewText.Render(context, request, answer));
        }

        if (answer.GaveUp is { } gaveUp)
        {
            Errors.Print(context, gaveUp);
            return ExitCodes.Error;
        }

        return ExitCodes.Success;
    }

    private async Task<int> AnswerLinesAsync(ParseResult parsed, CancellationToken cancel)
    {
        Option[] others = [_cron, _dayOr, _rrule, _interval, _anchor, _timezone, _from, _inclusive, _count];
        if (others.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } other)
        {
            throw new UsageException($"--batch reads schedules from standard input; {other.Name} says one here. Give one of the two.");
        }

        await using var stream = input();
        await new LineBatch(stream, context.Out).RunAsync(AnswerLine, PreviewJson.Error, cancel);
        return ExitCodes.Success;
    }

    private string AnswerLine(ReadOnlyMemory<byte> line) => PreviewLine.Read(line.Span, context.Time.GetUtcNow(), out var problem) is { } request
        ? PreviewJson.Write(request.Answer())
        : PreviewJson.Error(problem);

    private PreviewRequest Request(ParseResult parsed)
    {
        var spec = new ScheduleSpec
        {
            Cron = parsed.GetValue(_cron),
            DayOr = parsed.GetValue(_dayOr) is { } fields ? fields == DayFields.Either : null,
            Rrule = parsed.GetValue(_rrule),
            Interval = parsed.GetValue(_interval),
            Anchor = Instant("--anchor", parsed.GetValue(_anchor)),
            Timezone = parsed.GetValue(_timezone),
        };
        return new PreviewRequest(
            spec,
            Instant("--from", parsed.GetValue(_from)) ?? context.Time.GetUtcNow(),
            parsed.GetValue(_inclusive),
            parsed.GetValue(_count) ?? PreviewRequest.UsuallyShown);
    }

    private static DateTimeOffset? Instant(string option, string? text) => text is null ? null
        : Instants.TryParse(text, out var instant) ? instant
        : throw new UsageException($"{option}: expected {Instants.Expected}; there is '{text}'.");

    private static string InOptions(Problem problem) => problem.Field.Length == 0
        ? problem.Message.Replace("'interval', 'cron' and 'rrule'", "--interval, --cron and --rrule", StringComparison.Ordinal)
        : $"--{problem.Field.Replace('_', '-')}: {problem.Message}";
}
