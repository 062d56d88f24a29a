using System.Collections.Immutable;
using System.Text.Json;
using Runner.Client;
using Runner.Client.DeploymentFiles;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Http;
using Runner.Messages.Serialization;

namespace Runner.Cli.Exchange;

/// <summary>
/// Brings what a file declares to a node: first all of it is asked about (nothing changes), then what is new or changed is sent. The API takes a
/// bounded body and number at once, so both go in chunks.
/// </summary>
internal sealed class Importer(RunnerClient client, DeploymentFile file, CancellationToken cancel)
{
    private const int MostAtOnce = 1_000;

    /// <summary>Below what a node takes, with room for what stands around each.</summary>
    private const int LargestChunk = Bodies.Largest - (1 << 20);

    private const string Paused = "paused";

    private readonly DeploymentSpec[] _specs = [.. file.Specs];

    /// <summary>What would happen, in the order of the file.</summary>
    /// <param name="asked">Called with how many deployments have been asked about so far.</param>
    /// <exception cref="DeploymentFileException">The node would refuse some: everything it says, at the lines where it stands.</exception>
    public async Task<(ImmutableArray<DeploymentRegistered> Deployments, ImmutableArray<LimitPlan> Limits)> PlanAsync(Action<int> asked)
    {
        var plan = new DeploymentRegistered[_specs.Length];
        var problems = ImmutableArray.CreateBuilder<Problem>();
        foreach (var chunk in Chunks([.. Enumerable.Range(0, _specs.Length)]))
        {
            await AskAsync(chunk, plan, problems).ConfigureAwait(false);
            asked(chunk[^1] + 1);
        }

        if (problems.Count > 0)
        {
            throw new DeploymentFileException(file.Explain(problems.ToImmutable()));
        }

        await KeepPausesAsync(plan, problems).ConfigureAwait(false);
        return ([.. plan], await LimitPlans.OfAsync(client, file.Limits, cancel).ConfigureAwait(false));
    }

    /// <summary>Sends what is new or changed; answers in the order of the plan.</summary>
    /// <param name="done">Called with how many deployments are there so far.</param>
    public async Task<ImmutableArray<DeploymentRegistered>> ApplyAsync(
        ImmutableArray<DeploymentRegistered> plan, ImmutableArray<LimitPlan> limits, Action<int> done)
    {
        await LimitPlans.ApplyAsync(client, limits, cancel).ConfigureAwait(false);
        var result = plan.ToArray();
        var count = 0;
        foreach (var chunk in Chunks([.. Enumerable.Range(0, plan.Length).Where(i => plan[i].Outcome != RegistrationOutcome.Unchanged)]))
        {
            var answers = await client.RegisterAsync([.. chunk.Select(i => _specs[i])], dryRun: false, cancel).ConfigureAwait(false);
            foreach (var (n, i) in chunk.Index())
            {
                result[i] = answers[n];
            }

            done(count += chunk.Length);
        }

        return [.. result];
    }

    private async Task AskAsync(int[] chunk, DeploymentRegistered[] plan, ImmutableArray<Problem>.Builder problems)
    {
        try
        {
            var answers = await client.RegisterAsync([.. chunk.Select(i => _specs[i])], dryRun: true, cancel).ConfigureAwait(false);
            foreach (var (n, i) in chunk.Index())
            {
                plan[i] = answers[n];
            }
        }
        catch (RunnerApiException e) when (!e.Problems.IsEmpty)
        {
            // Chunks of the first asking follow each other, so a place in one is that of its first further on.
            problems.AddRange(e.Problems.Select(p => p with { Field = Moved(p.Field, chunk[0]) }));
        }
    }

    /// <summary>
    /// On a node that has the deployment already, whether it is paused stays the node's affair: the file's word counts for new ones.
    /// </summary>
    private async Task KeepPausesAsync(DeploymentRegistered[] plan, ImmutableArray<Problem>.Builder problems)
    {
        var repaused = Enumerable.Range(0, plan.Length)
            .Where(i => plan[i].Outcome == RegistrationOutcome.Changed && plan[i].Changes.Contains(Paused)).ToArray();
        foreach (var i in repaused)
        {
            var view = await client.DeploymentAsync(_specs[i].Name, cancel).ConfigureAwait(false);
            _specs[i] = _specs[i] with { Paused = view.Spec.Paused };
        }

        foreach (var chunk in Chunks(repaused))
        {
            await AskAsync(chunk, plan, problems).ConfigureAwait(false);
        }
    }

    private IEnumerable<int[]> Chunks(int[] indexes)
    {
        var (chunk, bytes) = (new List<int>(), 0);
        foreach (var i in indexes)
        {
            var size = JsonSerializer.SerializeToUtf8Bytes(_specs[i], MessagesJson.Default.DeploymentSpec).Length;
            if (chunk.Count == MostAtOnce || (chunk.Count > 0 && bytes + size > LargestChunk))
            {
                yield return [.. chunk];
                chunk.Clear();
                bytes = 0;
            }

            chunk.Add(i);
            bytes += size + 1;
        }

        if (chunk.Count > 0)
        {
            yield return [.. chunk];
        }
    }

    private static string Moved(string field, int by)
    {
        const string prefix = "deployments[";
        var end = field.IndexOf(']', StringComparison.Ordinal);
        return field.StartsWith(prefix, StringComparison.Ordinal) && end > 0
            && int.TryParse(field.AsSpan(prefix.Length, end - prefix.Length), out var index)
            ? $"{prefix}{index + by}{field[end..]}"
            : field;
    }
}
