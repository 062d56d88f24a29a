using System.CommandLine;
using System.Globalization;
using Runner.Cli.Terminal;
using Runner.Client;
using Runner.Messages.Nodes;
using Runner.Messages.Serialization;

namespace Runner.Cli.Commands;

/// <summary><c>runner nodes</c> and <c>runner drain</c>.</summary>
internal static class NodeCommands
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    public static Command List(ClientCommand client)
    {
        var command = new Command("nodes", "List the nodes of the cluster, with what they run, what they may run and their labels.");
        return client.With(command, "runner nodes --json", async call => call.Say(
            await call.Client.NodesAsync(call.Cancel).ConfigureAwait(false), MessagesJson.Default.NodeList, nodes => Render(call.Context, nodes)));
    }

    public static Command Drain(ClientCommand client)
    {
        var name = client.Suggest.Nodes(new Argument<string>("name") { Description = "The node." });
        var wait = new Option<bool>("--wait") { Description = "Wait until the node has left." };
        var command = new Command("drain", "Give a node no new programs; it leaves and ends once those that it has have ended.") { name, wait };
        return client.With(command, "runner drain node2 --wait", async call =>
        {
            var draining = await call.Client.DrainNodeAsync(call.Get(name), call.Cancel).ConfigureAwait(false);
            if (call.Get(wait))
            {
                await LeavesAsync(call, draining).ConfigureAwait(false);
            }

            return call.Say(draining, MessagesJson.Default.NodeDraining, d => call.Get(wait)
                ? $"Node {Printable.Line(d.Name)} has left."
                : d.Running == 0 ? $"Node {Printable.Line(d.Name)} runs nothing and leaves."
                : $"Node {Printable.Line(d.Name)} takes no new programs and leaves when {Runs(d.Running)} ended.");
        });
    }

    /// <summary>Says how many are left whenever that changes.</summary>
    private static async Task LeavesAsync(ClientCall call, NodeDraining draining)
    {
        int? said = null;
        while (await FindAsync(call, draining.Name).ConfigureAwait(false) is { } node)
        {
            if (node.Running != said && !call.Json)
            {
                call.Context.Error.Write(node.Running == 0
                    ? $"Node {Printable.Line(node.Name)} runs nothing any more and leaves.\n"
                    : $"Node {Printable.Line(node.Name)} leaves when {Runs(node.Running)} ended.\n");
            }

            said = node.Running;
            await Task.Delay(LookEvery, call.Context.Time, call.Cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Null once it is no member, or once the only node that was asked is itself gone.</summary>
    private static async Task<NodeView?> FindAsync(ClientCall call, string name)
    {
        try
        {
            return (await call.Client.NodesAsync(call.Cancel).ConfigureAwait(false)).Items.FirstOrDefault(n => n.Name == name);
        }
        catch (NodeUnreachableException)
        {
            return null;
        }
        catch (RunnerApiException e) when (e.Code is "node-stopping" or "node-starting")
        {
            return null;
        }
    }

    private static string Runs(int running) =>
        running == 1 ? "1 program has" : string.Create(CultureInfo.InvariantCulture, $"{running:N0} programs have");

    private static string Render(CliContext context, NodeList nodes)
    {
        var table = new Table("NODE", "RUNNING", "LIMIT", "STATE", "LABELS", "API");
        foreach (var node in nodes.Items)
        {
            var state = node.Draining ? "draining" : !node.SeesStore ? "without its store" : node.ProcessLimit == 0 ? "starts nothing" : "ready";
            table.Add(
                node.Name,
                node.Running.ToString(CultureInfo.InvariantCulture),
                node.ProcessLimit.ToString(CultureInfo.InvariantCulture),
                new Cell(state, state == "ready" ? null : context.Style.Yellow),
                string.Join(", ", node.Labels.Select(label => $"{label.Key}={label.Value}")),
                node.Api ?? "");
        }

        return table.Render(context.Style);
    }
}
