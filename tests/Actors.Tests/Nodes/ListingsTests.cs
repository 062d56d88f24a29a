using System.Text.RegularExpressions;
using Runner.Actors.Deployments;
using Runner.Actors.Limits;
using Runner.Actors.Nodes;
using Runner.Entities.Store;
using Runner.Messages.Runs;
using Runner.Persistence.Sqlite;

namespace Runner.Actors.Tests.Nodes;

/// <summary>
/// How SQLite answers each query that a node asks. An index that is entered with every filter, in the order asked for, reads a page whatever
/// there is; the words in brackets are what it is entered with.
/// </summary>
public sealed partial class ListingsTests : IAsyncLifetime
{
    private const string Cursor = "MTc2MzY0MDAwMDAwMCAwMTkwMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDA";
    private const string Names = "state_name, created";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("listings-");
    private SqliteEntityStore _store = null!;

    public async Task InitializeAsync() => _store = await SqliteEntityStore.OpenAsync(
        new SqliteStoreOptions(Path.Combine(_directory.FullName, "runner.db")), Tables.All, Serilog.Core.Logger.None);

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    public static TheoryData<ListRuns, string, string, int> RunLists => new()
    {
        { new(), "created", "", 1 },
        { new(State: "late"), Names, "state_name=?", 1 },
        { new(State: "failed"), Names, "state_name=?", 2 },
        { new(State: "Scheduled"), Names, "state_name=?", 4 },
        { new(Deployment: "a/b"), "deployment, " + Names, "deployment=? AND state_name=?", 14 },
        { new(State: "Running", Deployment: "a/b"), "deployment, " + Names, "deployment=? AND state_name=?", 3 },
        { new(State: "TimedOut", Deployment: "a/b"), "deployment, " + Names, "deployment=? AND state_name=?", 1 },
        { new(Tag: "t"), "value, " + Names, "value=? AND state_name=?", 14 },
        { new(State: "Crashed", Tag: "t"), "value, " + Names, "value=? AND state_name=?", 1 },
    };

    [Theory]
    [MemberData(nameof(RunLists))]
    public async Task Every_list_of_runs_is_ranges_of_one_index_and_nothing_else(ListRuns query, string index, string entered, int ranges)
    {
        // What a list is entered with besides: nothing, the time from which on, the place of the page before it, or both.
        var conditions = entered.Length == 0 ? "" : entered + " AND ";
        await AssertRangesAsync(query, index, ranges, [entered]);
        await AssertRangesAsync(query with { Since = DateTimeOffset.UnixEpoch }, index, ranges, [conditions + "created>?"]);
        // With a place: the same millisecond and an earlier id, all earlier milliseconds, and rows without a time, of which there are none.
        string[] beyond = [conditions + "created=? AND key<?", conditions + "created<?", conditions + "created=?"];
        await AssertRangesAsync(query with { After = Cursor }, index, ranges, beyond);
        await AssertRangesAsync(
            query with { After = Cursor, Since = DateTimeOffset.UnixEpoch }, index, ranges,
            [conditions + "created=? AND key<?", conditions + "created>? AND created<?"]);
    }

    [Fact]
    public async Task Every_other_query_is_one_range_of_an_index()
    {
        await AssertAsync(Listings.DeploymentQuery(new ListDeployments()), "SCAN t");
        await AssertAsync(Listings.DeploymentQuery(new ListDeployments(After: "a/b")), "SEARCH t USING PRIMARY KEY (key>?)");
        await AssertAsync(
            Listings.DeploymentQuery(new ListDeployments("t")),
            "SEARCH m USING COVERING INDEX deployments__tags__by(value) (value=?)", "SEARCH t USING PRIMARY KEY (key=?)");
        await AssertAsync(
            Listings.DeploymentQuery(new ListDeployments("t", After: "a/b")),
            "SEARCH m USING COVERING INDEX deployments__tags__by(value) (value=? AND key>?)", "SEARCH t USING PRIMARY KEY (key=?)");
        var named = new ListRuns(Name: "n", Deployment: "a/b", State: "failed");
        await AssertAsync(
            Listings.WordQuery(named, Listings.RunQuery(named).Value!),
            "SEARCH m USING COVERING INDEX run_words__words__by(value, created) (value=?)", "SEARCH t USING PRIMARY KEY (key=?)");
        var since = named with { Since = DateTimeOffset.UnixEpoch };
        await AssertAsync(
            Listings.WordQuery(since, Listings.RunQuery(since).Value!),
            "SEARCH m USING COVERING INDEX run_words__words__by(value, created) (value=? AND created>?)", "SEARCH t USING PRIMARY KEY (key=?)");
        await AssertAsync(
            LimiterReader.Waiters("db", 10), "SEARCH t USING INDEX waiters__by(waiting_for, urgency, ready) (waiting_for=?)");
        await AssertAsync(
            LimiterReader.NextQueue("db"), "SEARCH t USING INDEX waiters__by(waiting_for, urgency, ready) (waiting_for>?)");
        await AssertAsync(
            DeploymentActor.OpenRunsOf("a/b"), "SEARCH t USING COVERING INDEX open_runs__by(deployment) (deployment=?)");
    }

    [Fact]
    public void Every_name_of_a_state_is_listed_under_its_type()
    {
        var names = typeof(StateNames).GetFields().Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!);
        Assert.Equal(names.Order(), StateNames.All.Select(s => s.Name).Order());
        Assert.Equal([StateNames.Failed, StateNames.TimedOut], StateNames.Of(StateType.Failed).ToArray());
        Assert.Empty(StateNames.Of(StateType.Paused));
    }

    private async Task AssertRangesAsync(ListRuns query, string index, int ranges, string[] each)
    {
        var merged = ranges > 1;
        var table = query.Tag is null ? "t" : "m";
        var name = query.Tag is null ? $"runs__by({index})" : $"runs__tags__by({index})";
        // Where only places are read, and of members always, the index has all there is to read.
        var covering = merged || query.Tag is not null ? "COVERING " : "";
        var lines = Enumerable.Repeat(
            each.SelectMany(entered => Lines(
                $"{(entered.Length == 0 ? "SCAN" : "SEARCH")} {table} USING {covering}INDEX {name}{(entered.Length == 0 ? "" : $" ({entered})")}",
                query.Tag is not null && !merged)),
            ranges).SelectMany(l => l);
        string[] expected = merged ? [.. lines, "SEARCH t USING PRIMARY KEY (key=?)"] : [.. lines];
        await AssertAsync(Listings.RunQuery(query).Value!, expected);
    }

    private static string[] Lines(string line, bool lookedUp) => lookedUp ? [line, "SEARCH t USING PRIMARY KEY (key=?)"] : [line];

    private async Task AssertAsync(RowQuery query, params string[] expected) =>
        Assert.Equal(string.Join('\n', expected), string.Join('\n', (await _store.ExplainAsync(query)).Select(line => Table().Replace(line, " $1"))));

    [GeneratedRegex(@" TABLE \w+ AS (\w)\b")]
    private static partial Regex Table();
}
