using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Nodes;
using Runner.Entities;
using Runner.Entities.Store;
using Runner.Messages.Deployments;

namespace Runner.Bench;

/// <summary>
/// Fills a store with a million registered deployments as a node leaves them: the event, rows and wake-up that its own decision about
/// a registration makes. One commit has many of them, which no node does; what is in the store afterwards is the same.
/// </summary>
internal static class ScheduledStore
{
    /// <summary>The limit that every run of theirs counts against.</summary>
    public const string Limit = "gate";

    private const int InCommit = 500;
    private const int CommitsInFlight = 4;

    public static int Count => Scale.Of(1_000_000, 20_000);

    /// <summary>How many of them are due each second of <see cref="DueFor"/>, evenly; each is due an hour later again.</summary>
    public static int DueEachSecond { get; set; } = 1_000;

    /// <summary>How long they are due.</summary>
    public static TimeSpan DueFor => Scale.OfSeconds(120, 8);

    private static int Due => (int)(DueEachSecond * DueFor.TotalSeconds);

    /// <param name="lead">How long it is from the end of the filling, about, until the first is due.</param>
    /// <returns>When the first is due.</returns>
    public static async Task<DateTimeOffset> FillAsync(IEntityStore store, string workdir, TimeSpan lead)
    {
        var now = Stopclock.Now;
        await FillAsync(store, Enumerable.Range(0, Count - Due).Select(i => Spec(i, workdir, Seldom(i, now))), now).ConfigureAwait(false);
        now = Stopclock.Now;
        var due = now + lead;
        await FillAsync(
            store, Enumerable.Range(0, Due).Select(i => Spec(Count - Due + i, workdir, Hourly(due.AddMilliseconds(i * 1_000.0 / DueEachSecond)))),
            now).ConfigureAwait(false);
        return due;
    }

    private static async Task FillAsync(IEntityStore store, IEnumerable<DeploymentSpec> specs, DateTimeOffset now)
    {
        var codec = new JournalCodec();
        var behaviour = new DeploymentBehaviour(new FlowRunBehaviour("bench"), codec);
        var inFlight = new Queue<Task<CommitResult>>();
        foreach (var chunk in specs.Chunk(InCommit))
        {
            if (inFlight.Count == CommitsInFlight)
            {
                await DurableAsync(inFlight.Dequeue()).ConfigureAwait(false);
            }

            inFlight.Enqueue(store.CommitAsync(new EntityCommit([.. chunk.Select(spec => Registered(behaviour, codec, spec, now))])));
        }

        await Task.WhenAll(inFlight.Select(DurableAsync)).ConfigureAwait(false);
    }

    private static async Task DurableAsync(Task<CommitResult> commit)
    {
        if (await commit.ConfigureAwait(false) is not CommitResult.Committed)
        {
            throw new InvalidOperationException("The store has these deployments already: fill an empty one.");
        }
    }

    private static EntityWrite Registered(DeploymentBehaviour behaviour, JournalCodec codec, DeploymentSpec spec, DateTimeOffset now)
    {
        var decision = behaviour.Decide(behaviour.Initial(spec.Name), new RegisterDeployment(spec, DryRun: false), now);
        return EntityWrites.First(behaviour, codec, spec.Name, decision.Events.Single(), now);
    }

    private static DeploymentSpec Spec(int i, string workdir, ScheduleSpec schedule) => new()
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"tenant-{i % 100:00}/job-{i:0000000}"),
        Description = string.Create(CultureInfo.InvariantCulture, $"Job {i} of the bench"),
        Command = ["/bin/true", "{{ parameters.number }}"],
        Workdir = workdir,
        Parameters = ImmutableSortedDictionary<string, JsonElement>.Empty.Add(
            "number", JsonDocument.Parse(i.ToString(CultureInfo.InvariantCulture)).RootElement),
        Tags = [string.Create(CultureInfo.InvariantCulture, $"team-{i % 50}")],
        Limits = [Limit],
        Schedules = [schedule],
    };

    private static ScheduleSpec Hourly(DateTimeOffset anchor) => new() { Interval = TimeSpan.FromHours(1), Anchor = anchor };

    /// <summary>From hourly to yearly; none is due within the next ten minutes.</summary>
    private static ScheduleSpec Seldom(int i, DateTimeOffset now)
    {
        var minute = (now.Minute + 12 + (i % 45)) % 60;
        var cron = (i % 5) switch
        {
            0 => $"{minute} * * * *",
            1 => $"{minute} {i % 24} * * *",
            2 => $"{minute} {i % 24} * * {i % 7}",
            3 => $"{minute} {i % 24} {1 + (i % 28)} * *",
            _ => $"{minute} {i % 24} {1 + (i % 28)} {1 + (i % 12)} *",
        };
        return new ScheduleSpec { Cron = cron, Timezone = i % 3 == 0 ? "Europe/Berlin" : null };
    }
}
