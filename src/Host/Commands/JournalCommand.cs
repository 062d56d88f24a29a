using System.CommandLine;
using System.Globalization;
using Runner.Actors.Nodes;
using Runner.Cli;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;
using Runner.Client;
using Runner.Entities.Store;
using Runner.Host.Configuration;
using Runner.Host.Stores;
using Runner.Messages;
using Runner.Messages.Serialization;
using Serilog.Core;

namespace Runner.Host.Commands;

/// <summary>
/// <c>runner journal skip</c>: leaves an event out that cannot be read. Through the node that has the store; on the store itself while none does.
/// </summary>
internal sealed class JournalCommand(Func<HostEnvironment> environment, CliContext context)
{
    private readonly Argument<string> _entity = new("ENTITY")
    {
        Description = "FlowRun/ID, Deployment/FLOW/NAME or Limiter/limiter, as `runner health` and `runner verify` name it; a run's id alone will do."
    };
    private readonly Argument<long> _number = new("NUMBER") { Description = "The number of the event." };
    private readonly Option<string?> _url = Values.Text("--url", "The node's address; without one, the node of the data folder if it runs.", "URL");
    private readonly Option<string?> _reason = Values.Text("--reason", "Kept in the marker, for whoever wonders later.", "TEXT");
    private readonly Option<bool> _yes = Values.Flag("--yes", "Do not ask.");
    private readonly Option<bool> _json = Values.Flag("--json", "Print JSON.");
    private readonly NodeFlagOptions _store = NodeFlagOptions.OfStore();

    public static Command Create(Func<HostEnvironment> environment, CliContext context)
    {
        var it = new JournalCommand(environment, context);
        var skip = new Command("skip", "Leave out an event that keeps a run, a deployment or the limits from being read: a marker takes its place.")
            { it._entity, it._number, it._url, it._reason, it._yes, it._json }
            .WithExample("runner journal skip FlowRun/019a2b3c-4d5e-7f60-8192-a3b4c5d6e7f8 3");
        it._store.AddTo(skip);
        skip.SetAction((parsed, cancel) => it.RunAsync(parsed, cancel));
        return new Command("journal", "Mend what the store keeps.") { skip };
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var (entity, number) = (parsed.GetRequiredValue(_entity), parsed.GetRequiredValue(_number));
        if (StoredEntities.Read(entity) is not { } key)
        {
            throw new UsageException($"'{Printable.Line(entity)}': {StoredEntities.Expected}");
        }

        var command = new SkipEvent(key.ToString(), number, parsed.GetValue(_reason));

        if (!parsed.GetValue(_yes) && !await IsWantedAsync(command, parsed.GetValue(_json), cancel).ConfigureAwait(false))
        {
            context.WriteLine("Nothing was skipped.");
            return ExitCodes.Success;
        }

        try
        {
            return Say(await SkipAsync(parsed, command, cancel).ConfigureAwait(false), parsed.GetValue(_json));
        }
        catch (Exception e) when (e is NodeStartException or StoreException)
        {
            Errors.Print(context, e.Message);
            return ExitCodes.Error;
        }
    }

    private async Task<bool> IsWantedAsync(SkipEvent command, bool json, CancellationToken cancel)
    {
        if (json || context.ReadAnswer is null)
        {
            throw new UsageException("There is nobody to ask here: say --yes to skip the event.");
        }

        return await context.AgreesAsync(
            string.Create(CultureInfo.InvariantCulture, $"Event {command.Sequence} of {Printable.Line(command.Entity)} will be left out for good, ")
            + "and what stands in lists, limits and schedules will be written anew from the others. Make a backup first if there is none. Go on?",
            cancel).ConfigureAwait(false);
    }

    private async Task<object> SkipAsync(ParseResult parsed, SkipEvent command, CancellationToken cancel)
    {
        var host = environment();
        var (url, data) = (parsed.GetValue(_url), parsed.GetValue(_store.Data));
        if (url is not null || (data is null && host.Variable(LocalNode.UrlVariable) is { Length: > 0 }))
        {
            return await ThroughNodeAsync(url, data, host, command, cancel).ConfigureAwait(false);
        }

        var (options, mistakes) = new NodeOptionsReader(host.Variable).Read(_store.Read(parsed));
        if (options is null)
        {
            throw new UsageException(string.Join(Environment.NewLine, mistakes));
        }

        if (!Directory.Exists(options.DataDirectory))
        {
            throw new NodeStartException(
                $"There is no data folder {options.DataDirectory}. Name the node's with --data DIR, or its address with --url URL.");
        }

        DataDirectory held;
        try
        {
            held = DataDirectory.Open(options.DataDirectory);
        }
        catch (NodeStartException) when (NodeFile.TryRead(options.DataDirectory) is not null)
        {
            return await ThroughNodeAsync(null, options.DataDirectory, host, command, cancel).ConfigureAwait(false);
        }

        using (held)
        {
            var start = new NodeStart(options, "", _ => "", host.Time, Logger.None);
            await using var store = await NodeStores.OpenAsync(start).ConfigureAwait(false);
            return await StoredEntities.SkipAsync(store.Entities, StoredEntities.Read(command.Entity)!.Value, command, host.Time.GetUtcNow())
                .ConfigureAwait(false);
        }
    }

    private async Task<object> ThroughNodeAsync(string? url, string? data, HostEnvironment host, SkipEvent command, CancellationToken cancel)
    {
        using var client = new RunnerClient(LocalNode.Find(url, data, host.Variable), context.ClientOptions);
        return await client.SkipEventAsync(command, cancel).ConfigureAwait(false);
    }

    private int Say(object answer, bool json)
    {
        switch (answer)
        {
            case EventSkipped skipped when json:
                context.WriteJson(skipped, MessagesJson.Default.EventSkipped);
                return ExitCodes.Success;
            case EventSkipped skipped:
                context.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Event {skipped.Sequence} of {Printable.Line(skipped.Entity)} is left out. {Printable.Line(skipped.State)}"));
                if (skipped.NextUnreadable is { } next)
                {
                    context.WriteLine($"`{UnreadableWords.SkipCommand(skipped.Entity, next)}` leaves that one out, too.");
                }

                return ExitCodes.Success;
            case Refusal refusal:
                Errors.Print(context, refusal.Message);
                return ExitCodes.Error;
            default:
                throw new InvalidOperationException($"A {answer.GetType().Name} is no answer.");
        }
    }
}
