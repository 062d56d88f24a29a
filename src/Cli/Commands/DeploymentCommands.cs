using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;
using Runner.Messages.Deployments;
using Runner.Messages.Http;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Cli.Commands;

/// <summary><c>runner deployments</c> and <c>runner deployment …</c>.</summary>
internal static class DeploymentCommands
{
    public static Command List(ClientCommand client)
    {
        var tag = Values.Text("--tag", "Only those with this tag.", "TAG");
        var page = new PageOptions(Pages.Deployments);
        var command = new Command("deployments", "List the deployments.") { tag, page.Limit, page.All, page.After };
        return client.With(command, "runner deployments --tag demo", call => page.ShowAsync<DeploymentPage, DeploymentSummary>(
            call,
            (count, from) => call.Client.DeploymentsAsync(new ListDeployments(call.Get(tag), count, from), call.Cancel),
            (last, items) => last with { Items = items },
            MessagesJson.Default.DeploymentPage,
            deployments => RenderList(call.Context, deployments),
            "runner deployments",
            ("--tag", call.Get(tag))));
    }

    public static Command Create(ClientCommand client) => new("deployment", "Show, pause, resume or delete a deployment.")
    {
        Show(client),
        Change(
            client, "pause", "Stop a deployment's schedules until it is resumed.", "is paused", "was paused already",
            (c, n) => c.Client.PauseDeploymentAsync(n, c.Cancel)),
        Change(
            client, "resume", "Let a deployment's schedules go on from now.", "goes on", "was not paused",
            (c, n) => c.Client.ResumeDeploymentAsync(n, c.Cancel)),
        Delete(client),
    };

    private static Argument<string> Name(ClientCommand client) =>
        client.Suggest.Deployments(new Argument<string>("name") { Description = "The deployment: FLOW/NAME." });

    private static Command Show(ClientCommand client)
    {
        var name = Name(client);
        var command = new Command("show", "Show a deployment: recipe, schedules and next runs.") { name };
        return client.With(command, "runner deployment show hello/every-10s", async call =>
        {
            var view = await call.Client.DeploymentAsync(call.Get(name), call.Cancel).ConfigureAwait(false);
            return call.Say(view, MessagesJson.Default.DeploymentView, _ => Render(call.Context, view));
        });
    }

    private static Command Change(
        ClientCommand client, string verb, string description, string done, string already, Func<ClientCall, string, Task<DeploymentChanged>> change)
    {
        var name = Name(client);
        var command = new Command(verb, description) { name };
        return client.With(command, $"runner deployment {verb} hello/every-10s", async call =>
            Say(call, await change(call, call.Get(name)).ConfigureAwait(false), done, already));
    }

    private static Command Delete(ClientCommand client)
    {
        var name = Name(client);
        var runs = Values.Word(
            "--runs", "What becomes of runs that have not ended (keep).", ("keep", RunsOnDelete.Keep), ("cancel", RunsOnDelete.Cancel));
        var command = new Command("delete", "Delete a deployment; its finished runs stay readable.") { name, runs };
        return client.With(command, "runner deployment delete hello/every-10s --runs cancel", async call => Say(
            call,
            await call.Client.DeleteDeploymentAsync(call.Get(name), call.Get(runs) ?? RunsOnDelete.Keep, call.Cancel).ConfigureAwait(false),
            call.Get(runs) == RunsOnDelete.Cancel
                ? "is deleted; runs of it that have not ended are being cancelled"
                : "is deleted; runs of it that have not ended go on, within the limits that they were made under",
            "was deleted already"));
    }

    private static int Say(ClientCall call, DeploymentChanged changed, string done, string already) =>
        call.Say(changed, MessagesJson.Default.DeploymentChanged, _ => $"{Printable.Line(changed.Name)} {(changed.Changed ? done : already)}.");

    private static string RenderList(CliContext context, ImmutableArray<DeploymentSummary> deployments)
    {
        if (deployments.IsEmpty)
        {
            return "No deployments. `runner deploy FILE` adds some.\n";
        }

        var table = new Table("NAME", "NEXT RUN", "VERSION", "TAGS", "DESCRIPTION");
        foreach (var d in deployments)
        {
            table.Add(
                d.Name,
                d.Paused ? new Cell("paused", context.Style.Yellow) : d.NextRun is { } next ? context.Times.Both(next)
                    : new Cell("when asked", context.Style.Dim),
                d.Version,
                string.Join(", ", d.Tags),
                d.Description);
        }

        return table.Render(context.Style);
    }

    private static string Render(CliContext context, DeploymentView view)
    {
        var text = new StringBuilder(Fields.Render(
            context,
            [
                ("Deployment", view.Spec.Name),
                ("Status", view.Paused ? view.PausedBy == PauseReason.Shutdown ? "paused while its node was stopped" : "paused" : "active"),
                ("Next run", view.NextRun is { } next ? context.Times.Both(next) : null),
                .. SpecRendering.Lines(view.Spec),
                ("Registered", context.Times.Both(view.RegisteredAt)),
                ("Updated", view.UpdatedAt == view.RegisteredAt ? null : context.Times.Both(view.UpdatedAt)),
            ]));
        if (!view.Schedules.IsDefaultOrEmpty)
        {
            text.Append('\n').Append(Schedules(context, view).Render(context.Style));
        }

        return text.ToString();
    }

    private static Table Schedules(CliContext context, DeploymentView view)
    {
        var table = new Table("SCHEDULE", "NEXT", "RUNS", "PROBLEM", "ID");
        foreach (var s in view.Schedules)
        {
            var next = s.Ended ?? (!s.Active ? "not active" : view.Paused ? "paused" : string.Join(", ", s.Next.Take(3).Select(context.Times.Local)));
            var runs = s.MaxRuns is { } most ? string.Create(CultureInfo.InvariantCulture, $"{s.Runs} of {most}")
                : s.Runs.ToString(CultureInfo.InvariantCulture);
            table.Add(s.Description, next, runs, new Cell(Printable.Line(s.Problem), context.Style.Red), s.Id);
        }

        return table;
    }
}
