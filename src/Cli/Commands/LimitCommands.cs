using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;
using Runner.Messages.Http;
using Runner.Messages.Limits;
using Runner.Messages.Serialization;

namespace Runner.Cli.Commands;

/// <summary><c>runner limits</c> and <c>runner limit …</c>.</summary>
internal static class LimitCommands
{
    private const int Shown = 10;

    public static Command List(ClientCommand client)
    {
        var page = new PageOptions(Pages.Limits);
        var command = new Command("limits", "List the limits by name with who holds their slots and who waits.") { page.Limit, page.All, page.After };
        return client.With(command, "runner limits --all", call => page.ShowAsync<LimitPage, LimitView>(
            call,
            (count, from) => call.Client.LimitsAsync(new ListLimits(count, from), call.Cancel),
            (last, items) => last with { Items = items },
            MessagesJson.Default.LimitPage,
            limits => Render(call.Context, limits),
            "runner limits"));
    }

    public static Command Create(ClientCommand client) => new("limit", "Set or delete a limit.") { Set(client), Delete(client) };

    private static Command Set(ClientCommand client)
    {
        var name = client.Suggest.Limits(new Argument<string>("name") { Description = "The limit; it need not exist yet." });
        var size = new Argument<int>("size")
        {
            Description = "How many runs may hold a slot at once, 1 to 1,000,000.",
            CustomParser = result =>
            {
                // Whether 0 or a million and one is too much is the node's to say; here only that it is a number.
                if (int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
                {
                    return value;
                }

                result.AddError($"size: expected a whole number from 1 to 1000000; there is '{result.Tokens[0].Value}'.");
                return 0;
            },
        };
        var command = new Command("set", "Create a limit or change its size; lowering it ends nothing.") { name, size };
        return client.With(command, "runner limit set database 5", async call => Say(
            call, await call.Client.SetLimitAsync(call.Get(name), call.Get(size), call.Cancel).ConfigureAwait(false), $"is {call.Get(size)}"));
    }

    private static Command Delete(ClientCommand client)
    {
        var name = client.Suggest.Limits(new Argument<string>("name") { Description = "The limit." });
        var command = new Command("delete", "Delete a limit; runs that count against it keep to it until the last of them has ended.") { name };
        return client.With(command, "runner limit delete database", async call =>
            Say(
                call, await call.Client.DeleteLimitAsync(call.Get(name), call.Cancel).ConfigureAwait(false), "is deleted",
                ": runs that hold a slot of it or wait for one keep to it, and it is gone after the last of them"));
    }

    private static int Say(ClientCall call, LimitChanged changed, string done, string rest = "") => call.Say(
        changed, MessagesJson.Default.LimitChanged, _ => $"Limit {Printable.Line(changed.Name)} {done}{(changed.Changed ? "" : " already")}{rest}.");

    private static string Render(CliContext context, ImmutableArray<LimitView> limits)
    {
        if (limits.IsEmpty)
        {
            return "No limits. `runner limit set NAME N` makes one.\n";
        }

        var table = new Table("LIMIT", "KIND", "SIZE", "HELD", "WAITING");
        foreach (var limit in limits)
        {
            var full = limit.Size is { } size && limit.Held >= size;
            table.Add(
                limit.Name,
                limit.Kind.ToString().ToLowerInvariant(),
                limit.Size is { } s ? Number(s) + (limit.Ending ? " (ending)" : "") : IsOfNodes(limit) ? "" : "unlimited",
                new Cell(Number(limit.Held), full ? context.Style.Yellow : null),
                Number(limit.Waiters.Length) + (limit.MoreWaiting ? "+" : ""));
        }

        var text = new StringBuilder(table.Render(context.Style));
        foreach (var limit in limits.Where(l => !l.Holders.IsEmpty || !l.Waiters.IsEmpty))
        {
            text.Append('\n').Append(context.Style.Bold(Printable.Line(limit.Name))).Append('\n').Append(Runs(limit).Render(context.Style, "  "));
        }

        return text.ToString();
    }

    /// <summary>Whether it is the queue of those that wait for any node, or for one with some labels: they wait for the limits of these.</summary>
    private static bool IsOfNodes(LimitView limit) => limit.Kind == LimitKind.Node && limit.Name.Contains('*', StringComparison.Ordinal);

    private static Table Runs(LimitView limit)
    {
        var table = new Table("", "", "");
        foreach (var holder in limit.Holders.Take(Shown))
        {
            table.Add("held by", holder.Run.ToString(), $"slot {Number(holder.Slot)}");
        }

        if (limit.Held > Math.Min(Shown, limit.Holders.Length))
        {
            table.Add("", $"and {Number(limit.Held - Math.Min(Shown, limit.Holders.Length))} more", "");
        }

        foreach (var (place, waiter) in limit.Waiters.Take(Shown).Index())
        {
            table.Add("waiting", waiter.ToString(), place == 0 ? "next" : "");
        }

        if (limit.Waiters.Length > Shown || limit.MoreWaiting)
        {
            table.Add("", limit.MoreWaiting ? "and more" : $"and {Number(limit.Waiters.Length - Shown)} more", "");
        }

        return table;
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
