using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;
using Runner.Messages;
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
        var runs = Values.Word("--runs", "What becomes of runs that have not ended (keep).", ("keep", RunsOnDelete.Keep), ("cancel", RunsOnDelete.Cancel));
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
                d.Paused ? new Cell("paused", context.Style.Yellow) : d.NextRun is { } next ? context.Times.Both(next) : new Cell("when asked", context.Style.Dim),
                d.Version,
                string.Join(", ", d.Tags),
                d.Description);
        }

        return table.Render(context.Style);
    }

    private static string Render(CliContext context, DeploymentView view)
    {
        var spec = view.Spec;
        var text = new StringBuilder(Fields.Render(
            context,
            ("Deployment", spec.Name),
            ("Description", spec.Description),
            ("Version", spec.Version),
            ("Status", view.Paused ? view.PausedBy == PauseReason.Shutdown ? "paused while its node was stopped" : "paused" : "active"),
            ("Next run", view.NextRun is { } next ? context.Times.Both(next) : null),
            ("Command", spec.Shell is null ? Printable.Command(spec.Command) : null),
            ("Shell", spec.Shell is null ? null : Printable.Line(spec.Shell)),
            ("Folder", spec.Workdir),
            ("User", spec.User),
            ("Variables", string.Join(", ", spec.Env.Select(e => Variable(e.Key, e.Value)))),
            ("Inherited", spec.EnvInherit is { } names ? names is ["*"] ? "all" : names.IsEmpty ? "none" : string.Join(", ", names) : null),
            ("Parameters", Fields.Json(spec.Parameters)),
            ("Schema", spec.ParameterSchema is null ? null : $"{(spec.EnforceParameterSchema ?? true ? "enforced" : "not enforced")}; --json shows it"),
            ("Tags", string.Join(", ", spec.Tags)),
            ("Catch-up", spec.CatchUp.ToString().ToLowerInvariant() + (spec.CatchUpLimit is { } most ? string.Create(CultureInfo.InvariantCulture, $", the newest {most}") : "")),
            ("Concurrency", spec.Concurrency is { } c ? $"{c.Limit} at once, {WhenFull(c.OnFull)}" : null),
            ("Limits", string.Join(", ", spec.Limits)),
            ("Success codes", spec.SuccessCodes is { } codes ? string.Join(", ", codes.Select(code => code.ToString(CultureInfo.InvariantCulture))) : null),
            ("Retries", Retries(spec.Retries)),
            ("Timeout", spec.Timeout is { } timeout ? DurationText.Format(timeout) : null),
            ("Stop grace", DurationText.Format(spec.StopGrace ?? DeploymentSpec.DefaultStopGrace)),
            ("Retention", Retention(spec.Retention)),
            ("Priority", spec.Priority == 0 ? null : spec.Priority.ToString(CultureInfo.InvariantCulture)),
            ("Registered", context.Times.Both(view.RegisteredAt)),
            ("Updated", view.UpdatedAt == view.RegisteredAt ? null : context.Times.Both(view.UpdatedAt))));
        if (!view.Schedules.IsDefaultOrEmpty)
        {
            text.Append('\n').Append(Schedules(context, view).Render(context.Style));
        }

        return text.ToString();
    }

    /// <summary>As it is declared: the value of one that is read at start nobody here knows.</summary>
    private static string Variable(string name, EnvValue? value) => value switch
    {
        null => $"{name} removed",
        EnvValue.FromEnv(var variable) => $"{name} from the node's variable {variable}",
        EnvValue.FromFile(var path) => $"{name} from the file {path}",
        EnvValue.FromCommand(var command) => $"{name} from the command {Printable.Command(command)}",
        EnvValue.Text(var text) => $"{name}={text}",
        _ => name,
    };

    private static Table Schedules(CliContext context, DeploymentView view)
    {
        var table = new Table("SCHEDULE", "NEXT", "RUNS", "PROBLEM", "ID");
        foreach (var s in view.Schedules)
        {
            var next = s.Ended ?? (!s.Active ? "not active" : view.Paused ? "paused" : string.Join(", ", s.Next.Take(3).Select(context.Times.Local)));
            var runs = s.MaxRuns is { } most ? string.Create(CultureInfo.InvariantCulture, $"{s.Runs} of {most}") : s.Runs.ToString(CultureInfo.InvariantCulture);
            table.Add(s.Description, next, runs, new Cell(Printable.Line(s.Problem), context.Style.Red), s.Id);
        }

        return table;
    }

    private static string WhenFull(OnFull full) => full switch
    {
        OnFull.CancelNew => "others are cancelled",
        OnFull.CancelRunning => "the oldest is cancelled for a new one",
        _ => "others wait",
    };

    private static string? Retention(RetentionSpec? retention) => retention switch
    {
        null => null,
        { KeepFor: null, KeepRuns: null } => "everything",
        { KeepRuns: null } => DurationText.Format(retention.KeepFor.Value),
        { KeepFor: null } => string.Create(CultureInfo.InvariantCulture, $"the newest {retention.KeepRuns} ended runs"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{DurationText.Format(retention.KeepFor.Value)}, the newest {retention.KeepRuns} ended runs"),
    };

    private static string? Retries(RetrySpec retries)
    {
        if (retries.Count == 0)
        {
            return null;
        }

        var delay = retries.Delays.IsEmpty ? DurationText.Format(retries.Delay) : string.Join(", ", retries.Delays.Select(DurationText.Format));
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{retries.Count} after {delay}");
        if (retries.Delays.IsEmpty && retries.Backoff != 1)
        {
            text.Append(CultureInfo.InvariantCulture, $", times {retries.Backoff} each");
        }

        if (retries.MaxDelay is { } most)
        {
            text.Append(CultureInfo.InvariantCulture, $", at most {DurationText.Format(most)}");
        }

        if (retries.On is { } on)
        {
            text.Append(CultureInfo.InvariantCulture, $", on {string.Join(", ", on)} alone");
        }

        if (retries.NotOn is { } notOn)
        {
            text.Append(CultureInfo.InvariantCulture, $", not on {string.Join(", ", notOn)}");
        }

        return text.Append(retries.Jitter > 0 ? string.Create(CultureInfo.InvariantCulture, $", jitter {retries.Jitter}") : "").ToString();
    }
}
