using System.Collections.Immutable;
using Runner.Actors;
using Runner.Actors.FlowRuns;
using Runner.Actors.Nodes;
using Runner.Engine.Entities;
using Runner.Engine.Store.Sqlite;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;
using Serilog.Core;

namespace Runner.Bench;

/// <summary>A store with ended runs of a few hundred deployments, as a node would have written them: events, rows and all.</summary>
internal static class ManyRuns
{
    public const int Deployments = 200;
    private const int InFlight = 2_000;
    private static string? _folder;

    /// <summary>When the last run was made; one was made each second before.</summary>
    public static DateTimeOffset Last { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string Deployment(int i) => $"bench/job-{i:000}";

    /// <summary>A data folder with this many ended runs; made once, for all figures that need it.</summary>
    public static async Task<string> FolderAsync(int runs)
    {
        if (_folder is null)
        {
            _folder = Directory.CreateTempSubdirectory("runner-bench-runs-").FullName;
            await FillAsync(NodeProgram.StoreIn(_folder), runs).ConfigureAwait(false);
        }

        return _folder;
    }

    public static void Delete()
    {
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
            _folder = null;
        }
    }

    private static async Task FillAsync(string path, int runs)
    {
        var store = await SqliteEntityStore.OpenAsync(new SqliteStoreOptions(path), Tables.All, Logger.None).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var behaviour = new FlowRunBehaviour("bench");
            var codec = new JournalCodec();
            var next = 0;
            await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(async () =>
            {
                for (int i; (i = Interlocked.Increment(ref next)) <= runs;)
                {
                    await store.CommitAsync(new([Run(behaviour, codec, i, Last.AddSeconds(i - runs))])).ConfigureAwait(false);
                }
            }))).ConfigureAwait(false);
        }
    }

    private static Engine.Store.EntityWrite Run(FlowRunBehaviour behaviour, JournalCodec codec, int i, DateTimeOffset due)
    {
        // Scattered over deployments, so that neither outcome nor tag goes with one of them.
        var deployment = Deployment((int)((uint)i * 2_654_435_761 % Deployments));
        var id = RunIds.ForOccurrence(deployment, "every-second", due).ToString("D");
        var outcome = i % 100 == 0 ? new AttemptOutcome(StateType.Failed, StateNames.TimedOut, null, 9, "It ran longer than its timeout of 1m.")
            : i % 20 == 0 ? new AttemptOutcome(StateType.Failed, StateNames.Failed, 3, null, "The program exited with code 3.")
            : new AttemptOutcome(StateType.Completed, StateNames.Completed, 0, null, null);
        ImmutableArray<string> tags = i % 10 == 0 ? ["nightly", $"team-{i % 7}"] : [$"team-{i % 7}"];
        var recipe = new RunRecipe(["/bin/true"], "/tmp", ImmutableSortedDictionary<string, string?>.Empty, [], null, RetrySpec.None, null, DeploymentSpec.DefaultStopGrace, null);
        (object Event, DateTimeOffset At)[] events =
        [
            (new RunScheduled(deployment, recipe, ImmutableSortedDictionary<string, System.Text.Json.JsonElement>.Empty, due, 0, tags, "every-second"), due),
            (new AttemptStarting(1, [new Slot("node:bench", i % 8)], "bench"), due.AddMilliseconds(1)),
            (new AttemptRunning(1, 1000 + i % 30_000, i, "0d4f7c53-7a0f-4e33-a1a5-6c8f0f8cc5b1"), due.AddMilliseconds(3)),
            (new RunFinished(1, outcome), due.AddSeconds(2)),
        ];
        var before = behaviour.Initial(id);
        var after = events.Aggregate(before, (state, e) => behaviour.Apply(state, e.Event, e.At));
        return EntityWrites.Build(behaviour, codec, id, before, after, 0, 0, events);
    }
}
