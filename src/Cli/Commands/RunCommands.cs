using System.CommandLine;
using Runner.Cli.Arguments;
using Runner.Messages.Serialization;

namespace Runner.Cli.Commands;

/// <summary><c>runner run show|logs|cancel|retry</c>.</summary>
internal static class RunCommands
{
    public static Command Create(ClientCommand client) => new("run", "Show, follow, cancel or retry a run.")
    {
        Show(client), LogsCommand.Create(client), Cancel(client), Retry(client),
    };

    public static Argument<string> Id(ClientCommand client) =>
        client.Suggest.Runs(new Argument<string>("id") { Description = "The run's id, or the beginning of it (4 digits or more)." });

    private static Command Show(ClientCommand client)
    {
        var id = Id(client);
        var command = new Command("show", "Show a run and its history.") { id };
        return client.With(command, "runner run show 0192f0c1", async call =>
        {
            var run = await RunIds.ResolveAsync(call.Client, call.Get(id), call.Cancel).ConfigureAwait(false);
            var view = await call.Client.RunAsync(run, call.Cancel).ConfigureAwait(false);
            return call.Say(view, MessagesJson.Default.RunView, _ => RunRendering.Render(call.Context, view));
        });
    }

    private static Command Cancel(ClientCommand client)
    {
        var id = Id(client);
        var reason = Values.Text("--reason", "Shown with the run's state.", "TEXT");
        var command = new Command("cancel", "Cancel a run: its whole process tree is asked to end, and then made to.") { id, reason };
        return client.With(command, "runner run cancel 0192f0c1 --reason 'wrong input'", async call =>
        {
            var run = await RunIds.ResolveAsync(call.Client, call.Get(id), call.Cancel).ConfigureAwait(false);
            var accepted = await call.Client.CancelAsync(run, call.Get(reason), call.Cancel).ConfigureAwait(false);
            return call.Say(
                accepted, MessagesJson.Default.RunCancelAccepted, _ => $"Run {accepted.Id} is {call.Context.Style.State(accepted.State)}.");
        });
    }

    private static Command Retry(ClientCommand client)
    {
        var id = Id(client);
        var key = Values.Text("--key", "An idempotency key: the same one is the same run.", "KEY");
        var command = new Command("retry", "Run an ended run's recipe and parameters once more, as a new run.") { id, key };
        return client.With(command, "runner run retry 0192f0c1", async call =>
        {
            var run = await RunIds.ResolveAsync(call.Client, call.Get(id), call.Cancel).ConfigureAwait(false);
            var submitted = await call.Client.RetryAsync(run, call.Get(key), call.Cancel).ConfigureAwait(false);
            return call.Say(submitted, MessagesJson.Default.RunSubmitted, _ => SubmitCommand.Render(call.Context, submitted));
        });
    }
}
