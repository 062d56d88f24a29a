using Runner.Cli.Terminal;
using Runner.Client;
using Runner.Host.Configuration;
using Runner.Host.Logs;
using Runner.Host.Screen;
using Runner.Host.Tests.Http;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.Screen;

public sealed class RunFeedTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("runner-feed-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task The_output_of_no_more_programs_at_once_is_shown_than_there_are_files_for_and_that_is_said_once()
    {
        const int Beyond = 3;
        var node = new ScriptedNode();
        var files = new OutputFiles(_data);
        using var screen = new StringWriter();
        await using (var feed = new RunFeed(node, files, new FeedWriter(screen, new Style(false), TimeZoneInfo.Utc), SystemTime.Provider))
        {
            var runs = Enumerable.Range(1, RunFeed.MostFollowed + Beyond).Select(i => new Guid(i, 0, 0, new byte[8])).ToArray();
            foreach (var run in runs)
            {
                var path = files.PathOf(run, 1, LogStream.Stdout);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await File.WriteAllTextAsync(path, $"hello of {run}\n");
                node.Step(run, StateType.Running, StateNames.Running, 1);
            }

            Array.ForEach(runs, run => node.Step(run, StateType.Completed, StateNames.Completed, 1));
            feed.Begin();
        }

        var lines = screen.ToString().Split('\n');
        Assert.Equal(RunFeed.MostFollowed, lines.Count(l => l.Contains("hello of", StringComparison.Ordinal)));
        Assert.Equal(RunFeed.MostFollowed + Beyond, lines.Count(l => l.EndsWith("Completed", StringComparison.Ordinal)));
        Assert.Single(lines, l => l.Contains($"More than {RunFeed.MostFollowed} programs run at once", StringComparison.Ordinal));
    }

    [Fact]
    public void B85_a_programs_colours_end_with_its_line_and_a_message_is_one_line()
    {
        using var screen = new StringWriter();
        var writer = new FeedWriter(screen, Style.For(isTerminal: true, _ => "1"), TimeZoneInfo.Utc);

        writer.Output(Guid.Empty, "a/b", new OutputLine(LogStream.Stdout, new LogPosition(1, 1, 0), "\e[8mhidden\n"u8));
        writer.Output(Guid.Empty, "a/b", new OutputLine(LogStream.Stdout, new LogPosition(1, 2, 0), "plain\n"u8));
        var state = new RunState(StateType.Cancelled, StateNames.Cancelled, DateTimeOffset.UnixEpoch, "because\nforged");
        writer.State(new Actors.RunStateChanged(Guid.Empty, "a/b", new RunStateChange(1, state, 1)));

        Assert.Equal(
            "a/b 00000000 | \e[8mhidden\e[0m\na/b 00000000 | plain\n00:00:00  00000000  a/b  Cancelled  because forged\n", screen.ToString());
    }
}
