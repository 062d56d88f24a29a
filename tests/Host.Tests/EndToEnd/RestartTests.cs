using System.Globalization;
using Runner.Client;
using Runner.Messages.Deployments;
using Runner.Messages.Runs;

namespace Runner.Host.Tests.EndToEnd;

/// <summary>A node is killed with SIGKILL while programs run, and started again.</summary>
public sealed class RestartTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("runner-restart-").FullName;
    private readonly FileStream _gate;

    public RestartTests()
    {
        Shell.Run("mkfifo", Path.Combine(_root, "gate"));
        // Open at both ends, so that programs wait for a line and not for somebody to open the other end.
        _gate = new FileStream(Path.Combine(_root, "gate"), FileMode.Open, FileAccess.ReadWrite);
    }

    private string Data => Path.Combine(_root, "data");

    /// <inheritdoc/>
    public void Dispose()
    {
        _gate.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_program_that_outlives_its_node_is_accounted_for_with_all_its_output_and_its_exit_code(bool endsWhileDead)
    {
        Guid run;
        using (var node = await RunnerProgram.StartNodeAsync(Data))
        {
            using var client = node.Client();
            run = await SubmitAsync(client, """echo before; read -r pass <gate; echo after; echo ending >&2; echo gone >done; exit 7""");
            await foreach (var line in client.FollowLogsAsync(run))
            {
                Assert.Equal("before\n", line.Text);
                break;
            }

            await Waiting.UntilAsync(client, run.ToString(), "Running");
            await node.KillAsync();
        }

        if (endsWhileDead)
        {
            using var ended = new FileSystemWatcherFor(_root, "done");
            LetThrough(1);
            await ended.Seen.WaitAsync(Patience);
        }

        using (var node = await RunnerProgram.StartNodeAsync(Data))
        {
            using var client = node.Client();
            if (!endsWhileDead)
            {
                var known = await client.RunAsync(run);
                Assert.Equal("Running", known.State.Name);
                LetThrough(1);
            }

            var end = await Waiting.UntilAsync(client, run.ToString(), null);
            var view = await client.RunAsync(run);
            // Since 6.15 the kernel tells the exit code of a process to who is not its parent, if they had it open when it ended.
            // Of one that ended before, it is known until init has reaped it.
            (string, int?)[] possible = endsWhileDead || !KernelTellsExitCodes ? [("Failed", 7), ("Crashed", null)] : [("Failed", 7)];
            Assert.Contains((end, view.ExitCode), possible);
            Assert.NotNull(view.State.Message);
            Assert.Equal(1, view.Attempt);
            var lines = await AllAsync(client.FollowLogsAsync(run));
            Assert.Equal(["after\n", "before\n", "ending\n"], lines.Select(l => l.Text).Order(StringComparer.Ordinal));
            node.Interrupt();
            Assert.Equal(0, await node.EndsAsync());
            Cleanly.Check(node.Output);
        }
    }

    [Fact]
    public async Task B36_B37_followers_see_every_line_and_every_state_once_and_in_order_across_the_nodes_death()
    {
        const int Lines = 200;
        using var patience = new CancellationTokenSource(Patience);
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var node = await RunnerProgram.StartNodeAsync(Data);
        try
        {
            using var client = node.Client();
            var run = await SubmitAsync(
                client,
                $$"""n=0; while read -r pass; do n=$((n+1)); echo "$RUNNER_ATTEMPT-$n"; [ $n = {{Lines}} ] && exit $((2-RUNNER_ATTEMPT)); """
                + """done <gate""",
                new RetrySpec { Count = 1 });
            var states = AllAsync(client.WatchRunAsync(run, 0, patience.Token));
            var lines = FollowAsync(client, run, Lines / 2, half, patience.Token);

            LetThrough(Lines / 2);
            await half.Task.WaitAsync(patience.Token);
            await node.KillAsync();
            node.Dispose();
            LetThrough(Lines / 2);
            node = await RunnerProgram.RestartNodeAsync(Data, client.Url);
            LetThrough(Lines);

            Assert.Equal(
                from attempt in Enumerable.Range(1, 2) from n in Enumerable.Range(1, Lines) select string.Create(
                    CultureInfo.InvariantCulture, $"{attempt}-{n}\n"),
                await lines);
            var history = (await client.RunAsync(run, patience.Token)).History;
            var seen = await states;
            Assert.Equal(Enumerable.Range(1, seen.Count).Select(n => (long)n), seen.Select(s => s.Sequence));
            Assert.Equal(history.Select(h => h.State.Name), seen.Select(s => s.State.Name));
            Assert.Equal("Completed", seen[^1].State.Name);
            node.Interrupt();
            Assert.Equal(0, await node.EndsAsync());
        }
        finally
        {
            node.Dispose();
        }
    }

    private static bool KernelTellsExitCodes => Environment.OSVersion.Version >= new Version(6, 15);

    private static async Task<List<string>> FollowAsync(
        RunnerClient client, Guid run, int mark, TaskCompletionSource reached, CancellationToken cancel)
    {
        var lines = new List<string>();
        await foreach (var line in client.FollowLogsAsync(run, cancel: cancel))
        {
            lines.Add(line.Text);
            if (lines.Count == mark)
            {
                reached.TrySetResult();
            }
        }

        return lines;
    }

    private async Task<Guid> SubmitAsync(RunnerClient client, string script, RetrySpec? retries = null)
    {
        await client.RegisterAsync([new DeploymentSpec
        {
            Name = "restart/it", Command = ["/bin/sh", "-c", script], Workdir = _root, Retries = retries ?? new RetrySpec(),
        }]);
        return (await client.SubmitAsync(new SubmitRun("restart/it"))).Id;
    }

    private static async Task<List<T>> AllAsync<T>(IAsyncEnumerable<T> items)
    {
        var all = new List<T>();
        await foreach (var item in items)
        {
            all.Add(item);
        }

        return all;
    }

    private void LetThrough(int count)
    {
        _gate.Write(Enumerable.Repeat((byte)'\n', count).ToArray());
        _gate.Flush();
    }

    /// <summary>Sees a file come to be.</summary>
    private sealed class FileSystemWatcherFor : IDisposable
    {
        private readonly FileSystemWatcher _watcher;
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public FileSystemWatcherFor(string folder, string name)
        {
            _watcher = new FileSystemWatcher(folder, name);
            _watcher.Created += (_, _) => _seen.TrySetResult();
            _watcher.EnableRaisingEvents = true;
        }

        public Task Seen => _seen.Task;

        public void Dispose() => _watcher.Dispose();
    }
}
