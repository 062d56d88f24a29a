using System.CommandLine;
using Runner.Cli.Terminal;
using Runner.Messages.Serialization;

namespace Runner.Cli.Commands;

/// <summary><c>runner schedule …</c>.</summary>
internal static class ScheduleCommands
{
    /// <param name="others">Commands of the group that are made elsewhere.</param>
    public static Command Create(ClientCommand client, IEnumerable<Command> others)
    {
        var group = new Command("schedule", "Preview a schedule; pause or resume one of a deployment's.");
        foreach (var other in others)
        {
            group.Add(other);
        }

        group.Add(
            Switch(client, "pause", "Stop one schedule of a deployment until it is resumed.", "is paused", "was not active already", active: false));
        group.Add(Switch(client, "resume", "Let one schedule of a deployment go on from now.", "goes on", "was active already", active: true));
        return group;
    }

    private static Command Switch(ClientCommand client, string verb, string description, string done, string already, bool active)
    {
        var name = client.Suggest.Deployments(new Argument<string>("name") { Description = "The deployment: FLOW/NAME." });
        var id = new Argument<string>("id") { Description = "The schedule's id, as `runner deployment show` shows it." };
        id = client.Suggest.Schedules(id, name);
        var command = new Command(verb, description) { name, id };
        return client.With(command, $"runner schedule {verb} hello/every-10s nightly", async call =>
        {
            var changed = await call.Client.SwitchScheduleAsync(call.Get(name), call.Get(id), active, call.Cancel).ConfigureAwait(false);
            return call.Say(
                changed, MessagesJson.Default.DeploymentChanged,
                _ => $"Schedule {Printable.Line(call.Get(id))} of {Printable.Line(changed.Name)} {(changed.Changed ? done : already)}.");
        });
    }
}
