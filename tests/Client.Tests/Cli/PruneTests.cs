namespace Runner.Client.Tests.Cli;

public sealed class PruneTests
{
    private const string Part =
        """{"runs":2000,"outputBytes":1048576,"keepAtLeast":"1h","next":"n1","store":{"bytes":4194304,"freeBytes":0,"givesBack":true}}""";
    private const string Last =
        """{"runs":34,"outputBytes":524288,"keepAtLeast":"1h","store":{"bytes":4194304,"freeBytes":3145728,"givesBack":true}}""";
    private const string None = """{"runs":0,"outputBytes":0,"keepAtLeast":"1h","store":{"bytes":4194304,"freeBytes":0,"givesBack":true}}""";

    [Fact]
    public async Task It_counts_asks_deletes_part_by_part_and_says_what_that_gave()
    {
        await using var node = await StartAsync(Part, Last);
        var run = await CliRun.OfAsync(node, ["prune", "--keep-for", "7d", "--keep-runs", "5", "--deployment", "a/b"], answer: () => "y");

        Assert.Equal(0, run.Code);
        Assert.Equal(
            ["POST /api/v1/prune?dryRun=true", "POST /api/v1/prune?dryRun=true&after=n1", "POST /api/v1/prune", "POST /api/v1/prune?after=n1"],
            node.Asked);
        Assert.All(node.Bodies, body => Assert.Equal("""{"keepFor":"7d","keepRuns":5,"deployment":"a/b"}""", body));
        Assert.Contains("2,034 ended runs and 1.5 MiB of output will be deleted for good. Go on? [y/N]", run.Error, StringComparison.Ordinal);
        Assert.Contains("Deleted 2,000 of 2,034 runs", run.Error, StringComparison.Ordinal);
        Assert.Equal(
            "2,034 ended runs and 1.5 MiB of output deleted. "
            + "The store takes 4.0 MiB, of which 3.0 MiB are free: most of that goes back to the disk over time.\n", run.Out);
    }

    [Theory]
    [InlineData("n")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Without_a_yes_nothing_is_deleted(string? answer)
    {
        await using var node = await StartAsync(Last);
        var run = await CliRun.OfAsync(node, ["prune"], answer: () => answer);
        Assert.Equal((0, "Nothing was deleted.\n"), (run.Code, run.Out));
        Assert.Equal(["POST /api/v1/prune?dryRun=true"], node.Asked);
    }

    [Theory]
    [InlineData("prune")]
    [InlineData("prune", "--json")]
    public async Task Where_nobody_can_be_asked_it_wants_to_be_told(params string[] args)
    {
        await using var node = await StartAsync(Last);
        var run = await CliRun.OfAsync(node, args);
        Assert.Equal(2, run.Code);
        Assert.Contains("say --yes to delete, or --dry-run", run.Error, StringComparison.Ordinal);
        Assert.Empty(node.Asked);
    }

    [Fact]
    public async Task Told_not_to_ask_it_deletes_at_once()
    {
        await using var node = await StartAsync(Part, Last);
        var run = await CliRun.OfAsync(node, ["prune", "--yes", "--json"]);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("\"runs\":2034", run.Out, StringComparison.Ordinal);
        Assert.Equal(["POST /api/v1/prune", "POST /api/v1/prune?after=n1"], node.Asked);
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_and_one_with_nothing_says_why()
    {
        await using var some = await StartAsync(Last);
        Assert.Equal("34 ended runs and 512.0 KiB of output would be deleted.\n", (await CliRun.OfAsync(some, ["prune", "--dry-run"])).Out);
        await using var none = await StartAsync(None);
        Assert.Equal(
            "Nothing to delete. What ended less than 1h ago is kept in any case (retention.keep-at-least).\n",
            (await CliRun.OfAsync(none, ["prune", "--dry-run"])).Out);
    }

    [Fact]
    public async Task A_store_that_does_not_shrink_is_said_to_be_one()
    {
        await using var node = await StartAsync(Last.Replace("true", "false", StringComparison.Ordinal));
        var run = await CliRun.OfAsync(node, ["prune", "--yes"]);
        Assert.Contains("made by an older version, and its file keeps its size", run.Out, StringComparison.Ordinal);
    }

    /// <summary>A node whose work has these parts.</summary>
    private static Task<FakeNode> StartAsync(params string[] parts) => FakeNode.StartAsync((_, http) =>
        FakeNode.JsonAsync(http, 200, http.Request.Query.ContainsKey("after") ? parts[1] : parts[0]));
}
