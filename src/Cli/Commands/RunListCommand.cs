using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Cli.Commands;

/// <summary><c>runner runs</c>.</summary>
internal static class RunListCommand
{
    public static Command Create(ClientCommand client)
    {
        var state = Values.Text("--state", "A state, such as Running or AwaitingRetry.", "STATE");
        var deployment = client.Suggest.Deployments(Values.Text("--deployment", "Of this deployment.", "FLOW/NAME"));
        var tag = Values.Text("--tag", "With this tag.", "TAG");
        var since = Values.Text("--since", "Made since: an instant, or how long ago (2h).", "TIME");
        var name = Values.Text("--name", "Of this name.", "NAME");
        var parameter = Values.Text("--parameter", "With this value of a parameter.", "NAME=VALUE", "-p");
        var page = new PageOptions(50);
        var command = new Command("runs", "List runs, newest first.") { state, deployment, tag, since, name, parameter, page.Limit, page.All, page.After }
            .WithExample("runner runs --state failed --since 24h");
        return client.With(command, async call =>
        {
            var query = new ListRuns(
                call.Get(state),
                call.Get(deployment),
                call.Get(tag),
                Values.Past("--since", call.Get(since), call.Context.Time),
                Name: call.Get(name),
                Parameter: call.Get(parameter));
            var (runs, next) = await page.ReadAsync(
                call,
                (count, from) => call.Client.RunsAsync(query with { Limit = count, After = from }, call.Cancel),
                got => (got.Items, got.Next)).ConfigureAwait(false);
            if (call.Json)
            {
                call.Context.WriteJson(new RunPage(runs, next), MessagesJson.Default.RunPage);
                return ExitCodes.Success;
            }

            call.Context.Write(Render(call.Context, runs));
            if (next is not null)
            {
                call.Context.WriteErrorLine($"More: {NextPage(query, call.Get(page.Limit), next)}");
            }

            return ExitCodes.Success;
        });
    }

    private static string NextPage(ListRuns query, int? limit, string cursor)
    {
        string?[] argv =
        [
            .. Pair("--state", query.State), .. Pair("--deployment", query.Deployment), .. Pair("--tag", query.Tag),
            .. Pair("--since", query.Since is { } since ? Client.Instants.Format(since) : null),
            .. Pair("--name", query.Name), .. Pair("--parameter", query.Parameter),
            .. Pair("--limit", limit?.ToString(CultureInfo.InvariantCulture)), "--after", cursor,
        ];
        return "runner runs " + Printable.Command(argv!);

        static string?[] Pair(string name, string? value) => value is null ? [] : [name, value];
    }

    private static string Render(CliContext context, ImmutableArray<RunSummary> runs)
    {
        if (runs.IsEmpty)
        {
            return "No runs. `runner submit NAME` starts one.\n";
        }

        // A column for what most runs have not is only there where some have it.
        var named = runs.Any(run => run.Name is not null);
        var table = named
            ? new Table("ID", "DEPLOYMENT", "NAME", "STATE", "DUE", "DURATION", "ATTEMPT", "WAITING FOR")
            : new Table("ID", "DEPLOYMENT", "STATE", "DUE", "DURATION", "ATTEMPT", "WAITING FOR");
        foreach (var run in runs)
        {
            Cell[] cells =
            [
                run.Id.ToString(),
                run.Deployment,
                .. named ? [Printable.Line(run.Name ?? "")] : Array.Empty<Cell>(),
                new Cell(Printable.Line(run.State.Name), _ => context.Style.State(run.State)),
                context.Times.Both(run.Due),
                run.Started is { } started ? Times.Length((run.Ended ?? context.Times.Now) - started) : "",
                run.Attempt == 0 ? "" : run.Attempt.ToString(CultureInfo.InvariantCulture),
                run.WaitingFor,
            ];
            table.Add(cells);
        }

        return table.Render(context.Style);
    }
}
