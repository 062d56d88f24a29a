using System.Collections.Immutable;
using System.Globalization;
using Runner.Actors;
using Runner.Actors.FlowRuns;
using Runner.Entities.Store;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Bench;

/// <summary>What a store is filled with.</summary>
/// <param name="Runs">How many runs, all ended.</param>
/// <param name="Deployments">How many deployments they are of, named by <see cref="ManyRuns.Deployment"/>; more of the first ones than of the
/// last.</param>
/// <param name="Newest">When the last of them was made; each is <paramref name="Apart"/> after the one before.</param>
/// <param name="Tags">How many tags there are, named by <see cref="ManyRuns.Tag"/>; a run has up to three. 0 for none.</param>
internal sealed record ManyRunsOptions(int Runs, int Deployments, DateTimeOffset Newest)
{
    public TimeSpan Apart { get; init; } = TimeSpan.FromMilliseconds(200);

    public int Tags { get; init; } = 20;

    public int Seed { get; init; } = 1;
}

/// <summary>
/// Fills a store with runs as a node leaves them: their events, and the rows that the node's own projection makes of these. One commit
/// has many runs, which no node does; what is in the store afterwards is the same.
/// </summary>
internal static class ManyRuns
{
    private const int RunsInCommit = 500;
    private const int CommitsInFlight = 4;

    /// <summary>The name of a deployment, from 0.</summary>
    public static string Deployment(int number) => string.Create(CultureInfo.InvariantCulture, $"many/d{number:000000}");

    /// <summary>A tag, from 0.</summary>
    public static string Tag(int number) => string.Create(CultureInfo.InvariantCulture, $"tag-{number}");

    /// <param name="filled">Told now and then how many runs are durable.</param>
    public static async Task FillAsync(IEntityStore store, ManyRunsOptions options, Action<int>? filled = null)
    {
        var random = new SplitMix((ulong)options.Seed);
        var inFlight = new Queue<(Task<CommitResult> Done, int Runs)>();
        var durable = 0;
        for (var made = 0; made < options.Runs || inFlight.Count > 0;)
        {
            if (made < options.Runs && inFlight.Count < CommitsInFlight)
            {
                var writes = ImmutableArray.CreateBuilder<EntityWrite>(RunsInCommit);
                for (; made < options.Runs && writes.Count < RunsInCommit; made++)
                {
                    writes.Add(Run(options, made, random));
                }

                inFlight.Enqueue((store.CommitAsync(new EntityCommit(writes.DrainToImmutable())), made));
                continue;
            }

            var (done, runs) = inFlight.Dequeue();
            if (await done.ConfigureAwait(false) is not CommitResult.Committed)
            {
                throw new InvalidOperationException("The store has runs of this generator already: fill an empty one.");
            }

            filled?.Invoke(durable = runs);
        }
    }

    private static EntityWrite Run(ManyRunsOptions options, int number, SplitMix random)
    {
        var created = options.Newest - (options.Runs - 1 - number) * options.Apart;
        // Ids sort by time, as those of a node do.
        var id = new Guid(
            (int)(created.ToUnixTimeMilliseconds() >> 16), (short)created.ToUnixTimeMilliseconds(), (short)(0x7000 | random.Below(0x1000)),
            [0x80, (byte)random.Below(256), .. BitConverter.GetBytes(number).Reverse(), (byte)random.Below(256), (byte)random.Below(256)]);
        var state = new FlowRunState(id);
        var events = ImmutableArray.CreateBuilder<StoredEvent>();
        foreach (var (happened, at) in Life(options, created, random))
        {
            state = FlowRunTransitions.Apply(state, (IRunEvent)happened, at);
            var (name, version, payload) = EventCatalog.Write(happened);
            events.Add(new StoredEvent(state.Sequence, name, version, at, payload));
        }

        // A row of an open run would be put and taken away again.
        var rows = FlowRunRows.Project(new FlowRunState(id), state).Rows.Where(row => row.Table != Tables.OpenRuns.Name);
        return new EntityWrite(new EntityKey(EntityKinds.FlowRun, id.ToString("D")), 0, events.DrainToImmutable()) { Rows = [.. rows] };
    }

    private static IEnumerable<(object Event, DateTimeOffset At)> Life(ManyRunsOptions options, DateTimeOffset created, SplitMix random)
    {
        // The smaller of two numbers: few deployments run often, many seldom.
        var deployment = Math.Min(random.Below(options.Deployments), random.Below(options.Deployments));
        var spec = Deployment(deployment);
        yield return (new RunScheduled(
            spec, Recipe, ImmutableSortedDictionary<string, System.Text.Json.JsonElement>.Empty, created, 0, Tags(options, deployment),
            "every"), created);
        var outcome = Outcome(random.Below(100));
        if (outcome.Type == StateType.Cancelled)
        {
            yield return (new RunFinished(0, outcome), created.AddSeconds(2));
            yield break;
        }

        var started = created.AddMilliseconds(1 + random.Below(20));
        yield return (new AttemptStarting(1, [new Slot("node:many", random.Below(100))], "many"), started);
        yield return (new AttemptRunning(1, 1000 + random.Below(30_000), started.Ticks, Boot), started.AddMilliseconds(2));
        yield return (new RunFinished(1, outcome), started.AddMilliseconds(50 + random.Below(60_000)));
    }

    // The tags of a run are its deployment's.
    private static ImmutableArray<string> Tags(ManyRunsOptions options, int deployment) => options.Tags == 0
        ? []
        : [.. Enumerable.Range(0, deployment % 4).Select(i => Tag((deployment + (7 * i)) % options.Tags)).Distinct()];

    private static AttemptOutcome Outcome(int percent) => percent switch
    {
        < 90 => new(StateType.Completed, StateNames.Completed, 0, null, null),
        < 95 => new(StateType.Failed, StateNames.Failed, 1, null, "The program exited with code 1."),
        < 96 => new(StateType.Failed, StateNames.TimedOut, null, 15, "It took longer than 1m."),
        < 98 => new(StateType.Crashed, StateNames.Crashed, 137, 9, "The program was killed by SIGKILL; nobody here sent it."),
        _ => new(StateType.Cancelled, StateNames.Cancelled, null, null, "Not needed any more."),
    };

    private static string Boot { get; } = new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]).ToString("D");

    private static RunRecipe Recipe { get; } = new(
        ["/usr/bin/python3", "-m", "flows.nightly", "--region", "eu-central"], "/srv/flows",
        ImmutableSortedDictionary<string, Runner.Messages.Deployments.EnvValue?>.Empty.Add("FLOW_ENV", "production"), [], null, new() { Count = 0 },
        TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10), null);

    /// <summary>The same numbers everywhere for the same seed.</summary>
    private sealed class SplitMix(ulong seed)
    {
        private ulong _state = seed;

        public int Below(int most)
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return (int)((z ^ (z >> 31)) % (ulong)most);
        }
    }
}
