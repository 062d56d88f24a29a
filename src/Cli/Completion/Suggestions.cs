using System.CommandLine;
using System.CommandLine.Completions;
using Runner.Client;
using Runner.Messages.Http;
using Runner.Messages.Limits;
using Runner.Messages.Runs;

namespace Runner.Cli.Completion;

/// <summary>What a running node has to offer for an argument: names of deployments and limits, ids of runs.</summary>
internal sealed class Suggestions(CliContext context, Option<string?> url, Option<string?> data)
{
    /// <summary>Whoever presses Tab waits for it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private const int Most = 200;

    /// <summary>Those of deployments, which nobody names, stand between them.</summary>
    private const int MostLimits = Pages.Most;

    public Argument<string> Deployments(Argument<string> argument) => With(argument, DeploymentsAsync);

    public Option<string?> Deployments(Option<string?> option)
    {
        option.CompletionSources.Add(at => Ask(at, DeploymentsAsync));
        return option;
    }

    /// <summary>The ids of the schedules of the deployment that another argument names.</summary>
    public Argument<string> Schedules(Argument<string> argument, Argument<string> deployment)
    {
        argument.HelpName = argument.Name;
        argument.CompletionSources.Add(at => Ask(at, async (client, word) => at.ParseResult.GetValue(deployment) is { Length: > 0 } name
            ? (await client.DeploymentAsync(name).ConfigureAwait(false)).Schedules.Select(s => s.Id)
                .Where(id => id.StartsWith(word, StringComparison.Ordinal))
            : []));
        return argument;
    }

    public Argument<string> Runs(Argument<string> argument) => With(argument, RunsAsync);

    public Argument<string> Nodes(Argument<string> argument) => With(argument, NodesAsync);

    public Argument<string> Limits(Argument<string> argument) => With(argument, LimitsAsync);

    private Argument<string> With(Argument<string> argument, Func<RunnerClient, string, Task<IEnumerable<string>>> names)
    {
        // Otherwise the help would ask the node, and show every name there is.
        argument.HelpName = argument.Name;
        argument.CompletionSources.Add(at => Ask(at, names));
        return argument;
    }

    private IEnumerable<CompletionItem> Ask(CompletionContext at, Func<RunnerClient, string, Task<IEnumerable<string>>> names)
    {
        try
        {
            var node = LocalNode.Find(at.ParseResult.GetValue(url), at.ParseResult.GetValue(data), context.Variable);
            var options = context.ClientOptions with { RequestTimeout = Patience, Resends = 0 };
            using var client = new RunnerClient(node, options);
            return [.. names(client, at.WordToComplete).GetAwaiter().GetResult().Select(n => new CompletionItem(n))];
        }
        catch (RunnerClientException)
        {
            // There is nothing to offer, and an error in the middle of a line that is being typed helps nobody.
            return [];
        }
    }

    private static async Task<IEnumerable<string>> DeploymentsAsync(RunnerClient client, string word)
    {
        // A page begins after a name: after what is typed, it begins with what that may become.
        var page = await client.DeploymentsAsync(new ListDeployments(null, Most, word.Length == 0 ? null : word)).ConfigureAwait(false);
        return page.Items.Select(d => d.Name).TakeWhile(n => n.StartsWith(word, StringComparison.Ordinal));
    }

    private static async Task<IEnumerable<string>> RunsAsync(RunnerClient client, string word) =>
        (await client.RunsAsync(new ListRuns(Limit: Most)).ConfigureAwait(false)).Items.Select(r => r.Id.ToString())
            .Where(id => id.StartsWith(word, StringComparison.OrdinalIgnoreCase));

    private static async Task<IEnumerable<string>> NodesAsync(RunnerClient client, string word) =>
        (await client.NodesAsync().ConfigureAwait(false)).Items.Select(n => n.Name).Where(n => n.StartsWith(word, StringComparison.Ordinal));

    private static async Task<IEnumerable<string>> LimitsAsync(RunnerClient client, string word) =>
        (await client.LimitsAsync(new ListLimits(MostLimits, word.Length == 0 ? null : word)).ConfigureAwait(false)).Items
            .Where(l => l.Kind == LimitKind.Named).Select(l => l.Name)
            .Where(n => n.StartsWith(word, StringComparison.Ordinal));
}
