using System.Collections.Immutable;
using Runner.Entities.Store;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests.Behaviours;

/// <summary>Behaviours 25 and 37 to 39: what can be seen of a node and its runs, also across its death.</summary>
public abstract class WatchingTests(TestedStore store) : BehaviourTests(store)
{
    private const int Listed = 20_000;

    private static readonly (string Type, string Name)[] States =
    [
        ("Completed", StateNames.Completed), ("Failed", StateNames.Failed), ("Failed", StateNames.TimedOut), ("Crashed", StateNames.Crashed),
        ("Scheduled", StateNames.Scheduled), ("Scheduled", StateNames.Late), ("Running", StateNames.Running),
    ];

    private sealed record Line(string Id, string Type, string Name, string Deployment, string Tag, long Created);

    [Fact]
    public async Task B25_a_restarted_node_finds_what_still_runs_and_accounts_for_what_ended_meanwhile()
    {
        await using var node = await StartAsync();
        var (gate, line, end) = (node.Fifo("gate"), new LifeLine(node.Fifo("life")), node.Fifo("end"));
        var lives = await node.Run(node.Shell("again/lives", "cat gate"));
        var ends = await node.Run(node.Shell("again/ends", $"{line.Hold} cat end; echo done >> done"));
        await node.Until(lives, StateNames.Running);
        var pid = (await node.Until(ends, StateNames.Running)).Pid!.Value;

        await node.CrashAsync();
        await end.Write("go");
        await line.CutAsync();
        await Children.Reap(pid);
        await node.StartNodeAsync();

        Assert.Contains("ended while the node was down", (await node.Ended(ends)).State.Message, StringComparison.Ordinal);
        Assert.Equal((StateNames.Running, 1), ((await node.View(lives)).State.Name, (await node.View(lives)).Attempt));
        await gate.Write("go");
        await node.Ended(lives);
        Assert.Single(node.Lines("done"));
    }

    [Fact]
    public async Task B37_a_client_that_watches_from_its_position_sees_every_state_in_order_across_the_nodes_death()
    {
        await using var node = await StartAsync();
        var gate = node.Fifo("gate");
        var run = await node.Run(node.Shell("watch/run", "test $RUNNER_ATTEMPT = 1 && exit 1; cat gate") with
        {
            Retries = new RetrySpec { Count = 1, Delay = TimeSpan.FromMilliseconds(100) }, Timeout = TimeSpan.FromMinutes(5),
        });
        var seen = new List<RunStateChange>();
        async Task<bool> Look()
        {
            var next = await node.Node.AskAsync(new GetRunHistory(run, seen.Count == 0 ? 0 : seen[^1].Sequence), CancellationToken.None);
            seen.AddRange(next.Refusal is null ? next.Value : []);
            return seen.Any(s => s.State.Name == StateNames.Retrying);
        }

        await node.Until(Look);
        await node.CrashAndRestartAsync();
        await node.Cancel(run);
        await node.Ended(run);
        await Look();

        Assert.Equal(
            [
                StateNames.Scheduled, StateNames.Submitting, StateNames.Running, StateNames.AwaitingRetry, StateNames.Submitting,
                StateNames.Retrying, StateNames.Cancelling, StateNames.Cancelled,
            ],
            seen.Select(s => s.State.Name));
        Assert.Equal(seen.Select(s => s.Sequence).Order(), seen.Select(s => s.Sequence));
        Assert.Equal(seen, (await node.Node.AskAsync(new GetRunHistory(run, 0), CancellationToken.None)).Accepted());
    }

    [Fact]
    public async Task B38_twenty_thousand_runs_are_listed_page_by_page_without_gaps_or_doubles()
    {
        await using var node = await StartAsync();
        var lines = await Fill(node.Store);
        var since = lines[Listed / 2].Created;
        (ListRuns Query, Func<Line, bool> Fits, int Page)[] cases =
        [
            (new ListRuns(), _ => true, 1000),
            (new ListRuns(State: "failed"), l => l.Type == "Failed", 777),
            (new ListRuns(State: "TimedOut"), l => l.Name == StateNames.TimedOut, 100),
            (new ListRuns(State: "Late"), l => l.Name == StateNames.Late, 1000),
            (new ListRuns(Deployment: "list/b"), l => l.Deployment == "list/b", 500),
            (new ListRuns(Tag: "t3"), l => l.Tag == "t3", 250),
            (new ListRuns(Deployment: "list/b", Tag: "t3"), l => l is { Deployment: "list/b", Tag: "t3" }, 100),
            (
                new ListRuns(State: "Completed", Deployment: "list/a", Tag: "t0"), l => l is { Type: "Completed", Deployment: "list/a", Tag: "t0" },
                1000),
            (new ListRuns(Since: DateTimeOffset.FromUnixTimeMilliseconds(since)), l => l.Created >= since, 1000),
            (new ListRuns(State: "failed", Tag: "t2"), l => l is { Type: "Failed", Tag: "t2" }, 50),
            (new ListRuns(State: "Completed", Deployment: "list/a", Since: DateTimeOffset.FromUnixTimeMilliseconds(since)),
                l => l is { Name: StateNames.Completed, Deployment: "list/a" } && l.Created >= since, 13),
            (new ListRuns(State: "Completed", Tag: "t1", Since: DateTimeOffset.FromUnixTimeMilliseconds(since)),
                l => l is { Name: StateNames.Completed, Tag: "t1" } && l.Created >= since, 13),
        ];
        foreach (var (query, fits, page) in cases)
        {
            var expected = lines.Where(fits).ToDictionary(l => l.Id, StringComparer.Ordinal);
            var items = await All(node, query with { Limit = page });

            Assert.NotEmpty(expected);
            Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), items.Select(i => i.Id.ToString("D")).Order(StringComparer.Ordinal));
            Assert.All(items.Zip(items.Skip(1)), pair => Assert.True(pair.First.Created >= pair.Second.Created));
        }
    }

    [Fact]
    public async Task B38_a_list_that_makes_no_sense_is_refused_with_what_would()
    {
        await using var node = await StartAsync();
        foreach (var (query, field) in new[]
        {
            (new ListRuns(State: "Sleeping"), "state"), (new ListRuns(Limit: 0), "limit"), (new ListRuns(Limit: 1001), "limit"),
            (new ListRuns(After: "no cursor"), "after"),
        })
        {
            var refusal = (await node.Node.AskAsync(query, CancellationToken.None)).Refused<QueryInvalid, RunPage>();
            Assert.Equal(field, refusal.Field);
        }
    }

    [Fact]
    public async Task B89_runs_are_found_by_their_name_and_by_a_parameters_value()
    {
        await using var node = await StartAsync();
        await node.Register(node.Shell("find/a", "true") with
        {
            Parameters = Replies.Json("""{"region": "eu", "parts": 3, "dry": false, "list": [1], "none": null}"""), Tags = ["t"]
        });
        await node.Register(node.Shell("find/b", "true"));
        async Task<Guid> Run(string deployment, string? name, string parameters) =>
            (await node.Node.AskAsync(new SubmitRun(deployment, Replies.Json(parameters), Name: name), CancellationToken.None)).Accepted().Id;

        var first = await Run("find/a", "monday", "{}");
        var second = await Run("find/a", "tuesday", """{"region": "us"}""");
        var third = await Run("find/b", "monday", """{"region": "eu", "text": "a=b", "long": "LONG"}""".Replace(
            "LONG", new string('x', 201), StringComparison.Ordinal));
        foreach (var run in new[] { first, second, third })
        {
            await node.Ended(run);
        }

        await node.CrashAndRestartAsync();
        (ListRuns Query, Guid[] Found)[] cases =
        [
            (new(Name: "monday"), [third, first]),
            (new(Name: "Monday"), []),
            (new(Name: "monday", Deployment: "find/a"), [first]),
            (new(Name: "monday", State: "failed"), []),
            (new(Name: "monday", State: "completed", Tag: "t"), [first]),
            (new(Parameter: "region=eu"), [third, first]),
            (new(Parameter: "region=us"), [second]),
            (new(Parameter: "parts=3"), [second, first]),
            (new(Parameter: "dry=false", Deployment: "find/a"), [second, first]),
            (new(Parameter: "text=a=b"), [third]),
            (new(Name: "monday", Parameter: "region=eu"), [third, first]),
            (new(Name: "tuesday", Parameter: "region=eu"), []),
            (new(Parameter: "list=[1]"), []),
            (new(Parameter: "long=" + new string('x', 201)), []),
            (new(Name: "monday", Since: (await node.View(third)).Created), [third]),
        ];
        foreach (var (query, found) in cases)
        {
            foreach (var page in new[] { 50, 1 })
            {
                var items = await All(node, query with { Limit = page });
                Assert.Equal(found, items.Select(i => i.Id));
                Assert.All(items, i => Assert.True(query.Name is null || i.Name == query.Name));
            }
        }

        Assert.Equal("monday", (await node.View(first)).Name);
        Assert.Equal("parameter", (await node.Node.AskAsync(new ListRuns(Parameter: "region"), CancellationToken.None))
            .Refused<QueryInvalid, RunPage>().Field);
        foreach (var name in new[] { "", new string('x', 201), "two\nlines" })
        {
            var refused = (await node.Node.AskAsync(new SubmitRun("find/b", Name: name), CancellationToken.None))
                .Refused<SubmissionInvalid, RunSubmitted>();
            Assert.Equal("name", Assert.Single(refused.Problems).Field);
        }
    }

    [Fact]
    public async Task B39_health_says_what_is_wrong()
    {
        await using var node = await StartAsync();
        await node.Ended(await node.Run(node.Shell("health/run", "true")));
        var well = await node.Node.HealthAsync(CancellationToken.None);
        Assert.True(well.Status == "ready", string.Join(" ", well.Checks.Select(c => c.Message)));

        node.Store.FailAll(FaultyStore.Away);
        var ill = await node.Node.HealthAsync(CancellationToken.None);
        node.Store.Heal();

        Assert.Equal("not-ready", ill.Status);
        Assert.Equal("The test has taken the store away.", Assert.Single(ill.Checks, c => !c.Healthy).Message);
        Assert.Equal("ready", (await node.Node.HealthAsync(CancellationToken.None)).Status);
    }

    private static async Task<List<RunSummary>> All(NodeFixture node, ListRuns query)
    {
        var items = new List<RunSummary>();
        while (true)
        {
            var page = (await node.Node.AskAsync(query, CancellationToken.None)).Accepted();
            Assert.True(page.Items.Length <= query.Limit);
            items.AddRange(page.Items);
            if (page.Next is null)
            {
                return items;
            }

            query = query with { After = page.Next };
        }
    }

    /// <summary>Rows as runs would have them; many share a millisecond.</summary>
    private static async Task<Line[]> Fill(IEntityStore store)
    {
        var random = new RunnerRandom(42);
        var lines = Enumerable.Range(0, Listed).Select(i =>
        {
            var (type, name) = States[random.Next(States.Length)];
            return new Line(
                new Guid(i, 0, 0, [.. Enumerable.Range(0, 8).Select(_ => (byte)random.Next(256))]).ToString("D"), type, name,
                random.Next(2) == 0 ? "list/a" : "list/b", $"t{random.Next(5)}", 1_700_000_000_000 + (i / 7));
        }).ToArray();
        for (var i = 0; i < 20; i++)
        {
            var rows = lines.Skip(i * 1000).Take(1000).OrderBy(l => l.Id, StringComparer.Ordinal).Select(Put);
            var write = new EntityWrite(
                new EntityKey("Filler", $"{i}"), 0, [new StoredEvent(1, "filled", 1, DateTimeOffset.UnixEpoch, "{}"u8.ToArray())])
            {
                Rows = [.. rows],
            };
            Assert.IsType<CommitResult.Committed>(await store.CommitAsync(new EntityCommit([write])));
        }

        return lines;
    }

    private static RowChange Put(Line line) => RowChange.Put(
        Tables.Runs.Name, line.Id, line.Deployment, line.Name, line.Type, line.Created, null, line.Created, line.Created,
        null, null, 1L, 0L, null, null, null, ImmutableArray.Create("all", line.Tag), null);

    /// <summary>The same numbers at every run.</summary>
    private sealed class RunnerRandom(ulong seed)
    {
        private ulong _state = seed;

        public int Next(int below)
        {
            _state = (_state * 6364136223846793005UL) + 1442695040888963407UL;
            return (int)((_state >> 33) % (ulong)below);
        }
    }
}

public sealed class WatchingOnSqliteTests() : WatchingTests(TestedStore.Sqlite);

public sealed class WatchingOnPostgresTests() : WatchingTests(TestedStore.PostgreSql);
