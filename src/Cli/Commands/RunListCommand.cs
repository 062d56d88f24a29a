using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;
using Runner.Messages.Http;
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
        var page = new PageOptions(Pages.Runs);
        var command =
            new Command("runs", "List runs, newest first.") { state, deployment, tag, since, name, parameter, page.Limit, page.All, page.After };
        return client.With(command, "runner runs --state failed --since 24h", call =>
        {
            var query = new ListRuns(
                call.Get(state),
                call.Get(deployment),
                call.Get(tag),
                Values.Past("--since", call.Get(since), call.Context.Time),
                Name: call.Get(name),
                Parameter: call.Get(parameter));
            return page.ShowAsync<RunPage, RunSummary>(
                call,
                (count, from) => call.Client.RunsAsync(query with { Limit = count, After = from }, call.Cancel),
                (last, items) => last with { Items = items },
                MessagesJson.Default.RunPage,
                runs => Render(call.Context, runs),
                "runner runs",
                ("--state", query.State), ("--deployment", query.Deployment), ("--tag", query.Tag),
                ("--since", query.Since is { } at ? Client.Instants.Format(at) : null), ("--name", query.Name), ("--parameter", query.Parameter),
                ("--limit", call.Get(page.Limit)?.ToString(CultureInfo.InvariantCulture)));
        });
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
